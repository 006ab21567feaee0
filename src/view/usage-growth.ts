// What a container used since the last reading of its counters, given to the
// CPUs it is shown to have.

import type { PerCpuUsage, TotalCpuUsage } from '../cgroup/cpu-usage.ts';
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

/** Keeps the new value of a counter; how much it grew, 0 when it began anew. */
function grownBy(counters: Float64Array, index: number, value: number): number {
  const growth = value - (counters[index] ?? 0);
  counters[index] = value;
  return Math.max(0, growth);
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
    let otherUser = 0;
    let otherSystem = 0;
    let shown = 0;
    for (let cpu = 0; cpu < usage.userUsec.length; cpu++) {
      const at = FIRST_CPU + 2 * cpu;
      if (at >= counters.length) break;
      const user = grownBy(counters, at, usage.userUsec[cpu] ?? 0);
      const system = grownBy(counters, at + 1, usage.systemUsec[cpu] ?? 0);
      if (shown < this.#count && cpus[shown] === cpu) {
        this.userUsec[shown] = user;
        this.systemUsec[shown] = system;
        room[shown] = Math.max(0, (room[shown] ?? 0) - user - system);
        shown++;
      } else {
        otherUser += user;
        otherSystem += system;
      }
    }
    this.#fill(otherUser, otherSystem, room);
  }

  /** Time from other CPUs: where there is room, and what is too much for all of them evenly. */
  #fill(user: number, system: number, room: Float64Array): void {
    if (user + system === 0) return;
    const count = this.#count;
    let allRoom = 0;
    for (let index = 0; index < count; index++) allRoom += room[index] ?? 0;
    const fitting = Math.min(user + system, allRoom);
    apportion(fitting, count, room, this.#parts);
    for (let index = 0; index < count; index++) {
      this.#parts[index] =
        (this.#parts[index] ?? 0) + evenPart(user + system - fitting, count, index);
    }
    apportion(system, count, this.#parts, this.#systemParts);
    for (let index = 0; index < count; index++) {
      const systemPart = this.#systemParts[index] ?? 0;
      const userPart = (this.#parts[index] ?? 0) - systemPart;
      this.userUsec[index] = (this.userUsec[index] ?? 0) + userPart;
      this.systemUsec[index] = (this.systemUsec[index] ?? 0) + systemPart;
    }
  }
}
