// What a container used since the last reading of its counters, given to the
// CPUs it is shown to have.

import type { OneCpuUsage, PerCpuUsage, TotalCpuUsage } from '../cgroup/cpu-usage.ts';
import type { CpuList } from '../cgroup/cpuset.ts';
import { apportion, evenPart } from './apportion.ts';
import type { CpuSample } from './cpu-times.ts';

/** Where the last reading is kept among an account's counters. */
const KIND = 0;
const USER = 1;
const NICE = 2;
const SYSTEM = 3;
const FIRST_CPU = 4;
const kindCodes = { total: 1, 'per-cpu': 2 } as const;

/** How many numbers the last reading takes. */
export function countersLength(possibleCpus: number): number {
  return FIRST_CPU + 2 * possibleCpus;
}

interface Growth {
  userUsec: number;
  systemUsec: number;
}

/**
 * Splits a CPU's precise usage into user and system time, in the ratio of what
 * was found at clock ticks, as the kernel does for processes (cputime_adjust):
 * neither falls, and their sum is the usage. Usage that fell began anew; nothing grew.
 */
function splitUsage(counters: Float64Array, one: OneCpuUsage, growth: Growth): void {
  const at = FIRST_CPU + 2 * one.cpu;
  const { usageUsec, sampledUserUsec, sampledSystemUsec } = one;
  const user = counters[at] ?? 0;
  const system = counters[at + 1] ?? 0;
  const sampled = sampledUserUsec + sampledSystemUsec;
  const wanted = sampled === 0 ? 0 : Math.floor(usageUsec * (sampledSystemUsec / sampled));
  const beganAnew = usageUsec < user + system;
  const systemNow = beganAnew ? wanted : Math.min(Math.max(system, wanted), usageUsec - user);
  counters[at] = usageUsec - systemNow;
  counters[at + 1] = systemNow;
  growth.userUsec = beganAnew ? 0 : usageUsec - systemNow - user;
  growth.systemUsec = beganAnew ? 0 : systemNow - system;
}

/** Results of one measure(), by CPU as shown. Serves many accounts, one after another. */
export class UsageGrowth {
  readonly userUsec: Float64Array;
  readonly niceUsec: Float64Array;
  readonly systemUsec: Float64Array;
  readonly #parts: Float64Array;
  readonly #systemParts: Float64Array;
  #count = 0;

  constructor(possibleCpus: number) {
    this.userUsec = new Float64Array(possibleCpus);
    this.niceUsec = new Float64Array(possibleCpus);
    this.systemUsec = new Float64Array(possibleCpus);
    this.#parts = new Float64Array(possibleCpus);
    this.#systemParts = new Float64Array(possibleCpus);
  }

  /**
   * Compares the first `count` CPUs of a sample with `counters`, and leaves the
   * sample there. `room` is how much each of them can have used; it is overwritten.
   */
  measure(counters: Float64Array, sample: CpuSample, count: number, room: Float64Array): void {
    const { usage } = sample;
    const code = kindCodes[usage.kind];
    const known = counters[KIND];
    counters[KIND] = code;
    this.#count = count;
    this.#clear();
    if (usage.kind === 'total') this.#spread(counters, usage);
    else this.#place(counters, usage, sample.cpus, room);
    // Counters of another kind begin anew: what they counted before has been added.
    if (known !== 0 && known !== code) this.#clear();
  }

  #clear(): void {
    this.userUsec.fill(0, 0, this.#count);
    this.niceUsec.fill(0, 0, this.#count);
    this.systemUsec.fill(0, 0, this.#count);
  }

  /** One sum for all CPUs: evenly. */
  #spread(counters: Float64Array, usage: TotalCpuUsage): void {
    const user = counters[USER] ?? 0;
    const nice = counters[NICE] ?? 0;
    const growth = usage.userUsec - user - nice;
    // Nice time is the part of user time that the kernel samples less precisely.
    // What does not fit into this reading's growth fits into a later one's.
    const niceNow =
      growth < 0 ? usage.niceUsec : nice + Math.min(growth, Math.max(0, usage.niceUsec - nice));
    this.#addEvenly(this.niceUsec, nice, niceNow);
    this.#addEvenly(this.userUsec, user, usage.userUsec - niceNow);
    this.#addEvenly(this.systemUsec, counters[SYSTEM] ?? 0, usage.systemUsec);
    counters[NICE] = niceNow;
    counters[USER] = usage.userUsec - niceNow;
    counters[SYSTEM] = usage.systemUsec;
  }

  /** A counter that fell began anew: nothing is added. */
  #addEvenly(into: Float64Array, before: number, after: number): void {
    if (after <= before) return;
    for (let index = 0; index < this.#count; index++) {
      into[index] = evenPart(after, this.#count, index) - evenPart(before, this.#count, index);
    }
  }

  /** Counters of each CPU: to the same CPU, and what other CPUs did to those with room for it. */
  #place(counters: Float64Array, usage: PerCpuUsage, cpus: CpuList, room: Float64Array): void {
    const others = { userUsec: 0, systemUsec: 0 };
    const growth = { userUsec: 0, systemUsec: 0 };
    let shown = 0;
    for (const one of usage.cpus) {
      if (one.cpu >= this.userUsec.length) break;
      splitUsage(counters, one, growth);
      if (shown < this.#count && cpus[shown] === one.cpu) {
        this.userUsec[shown] = growth.userUsec;
        this.systemUsec[shown] = growth.systemUsec;
        room[shown] = Math.max(0, (room[shown] ?? 0) - growth.userUsec - growth.systemUsec);
        shown++;
      } else {
        others.userUsec += growth.userUsec;
        others.systemUsec += growth.systemUsec;
      }
    }
    this.#fill(others, room);
  }

  /** Time from other CPUs: where there is room, and what is too much for all of them evenly. */
  #fill({ userUsec, systemUsec }: Growth, room: Float64Array): void {
    const amount = userUsec + systemUsec;
    if (amount === 0) return;
    const count = this.#count;
    let allRoom = 0;
    for (let index = 0; index < count; index++) allRoom += room[index] ?? 0;
    const fitting = Math.min(amount, allRoom);
    apportion(fitting, count, room, this.#parts);
    for (let index = 0; index < count; index++) {
      this.#parts[index] = (this.#parts[index] ?? 0) + evenPart(amount - fitting, count, index);
    }
    apportion(systemUsec, count, this.#parts, this.#systemParts);
    for (let index = 0; index < count; index++) {
      const systemPart = this.#systemParts[index] ?? 0;
      const userPart = (this.#parts[index] ?? 0) - systemPart;
      this.userUsec[index] = (this.userUsec[index] ?? 0) + userPart;
      this.systemUsec[index] = (this.systemUsec[index] ?? 0) + systemPart;
    }
  }
}
