// One container's CPU times as counted so far, and how the next reading of the
// kernel's counters adds to them.
//
// An account is a row of numbers (times in whole microseconds), so that it can
// lie in memory that threads share. What advance() upholds:
// - no counter of a line ever falls, nor does a sum over the lines, also when the
//   container gets other CPUs;
// - what the kernel's counters grew by is added to the lines exactly;
// - idle = elapsed - used, where time used ahead of the clock is paid back.

import { evenPart } from './apportion.ts';
import { type CpuSample, type CpuTimes, ticksPerCpu } from './cpu-times.ts';
import { countersLength, UsageGrowth } from './usage-growth.ts';

/** /proc counts in USER_HZ, which is 100 on every architecture that Node runs on. */
const usecPerTick = 10_000;
/**
 * A quota lets a container run ahead of its CPUs by what it has for one period
 * (at most 1 s); time ahead beyond that (it had more CPUs a moment ago) is
 * forgotten, or its idle time would stand still for long.
 */
const longestAheadUsec = 1_000_000;

/** The head of the row: how many lines are shown, the last age and start. */
const SHOWN = 0;
const AGE = 1;
const STARTED = 2;
const headLength = 4;

/** A line's numbers; the first four are counters that are shown. */
const USER = 0;
const NICE = 1;
const SYSTEM = 2;
const IDLE = 3;
/** By how much the CPU was used longer than the clock ran. */
const AHEAD = 4;
const lineLength = 5;

/** How many numbers an account takes. */
export function accountLength(possibleCpus: number): number {
  return headLength + lineLength * possibleCpus + countersLength(possibleCpus);
}

/** For how many CPUs an account of that length is. */
export function possibleCpusOf(length: number): number {
  const perCpu = accountLength(1) - accountLength(0);
  return (length - accountLength(0)) / perCpu;
}

function add(row: Float64Array, index: number, amount: number): void {
  row[index] = (row[index] ?? 0) + amount;
}

/** Scratch numbers of one thread for accounts of hosts with so many CPUs. */
export class AccountScratch {
  readonly possibleCpus: number;
  readonly room: Float64Array;
  readonly growth: UsageGrowth;

  constructor(possibleCpus: number) {
    this.possibleCpus = possibleCpus;
    this.room = new Float64Array(possibleCpus);
    this.growth = new UsageGrowth(possibleCpus);
  }
}

export class CpuAccount {
  readonly #head: Float64Array;
  readonly #lines: Float64Array;
  readonly #counters: Float64Array;
  readonly #scratch: AccountScratch;

  /** `row` has accountLength() numbers; all zero for a container that was not seen before. */
  constructor(row: Float64Array, scratch: AccountScratch) {
    const linesEnd = headLength + lineLength * scratch.possibleCpus;
    this.#head = row.subarray(0, headLength);
    this.#lines = row.subarray(headLength, linesEnd);
    this.#counters = row.subarray(linesEnd);
    this.#scratch = scratch;
  }

  /**
   * Adds what happened since the last sample. The first one adds the whole life
   * of the container; one that is not younger than the last adds nothing.
   */
  advance(sample: CpuSample): void {
    const before = this.#head[AGE] ?? 0;
    const elapsedUsec = sample.ageUsec - before;
    const first = this.#head[SHOWN] === 0;
    if (elapsedUsec <= 0 && !first) return;
    this.#head[AGE] = Math.max(before, sample.ageUsec);
    // Readings of two clocks differ by a second now and then; a clock that was set by more.
    if (first || Math.abs(sample.startedAtSec - (this.#head[STARTED] ?? 0)) > 1) {
      this.#head[STARTED] = sample.startedAtSec;
    }
    this.#show(Math.min(sample.cpus.length, this.#scratch.possibleCpus));
    this.#addGrowth(sample, Math.max(0, elapsedUsec));
  }

  times(): CpuTimes {
    const cpuCount = this.#head[SHOWN] ?? 0;
    const ticks = new Float64Array(cpuCount * ticksPerCpu);
    for (let cpu = 0; cpu < cpuCount; cpu++) {
      for (let column = USER; column <= IDLE; column++) {
        const usec = this.#lines[cpu * lineLength + column] ?? 0;
        ticks[cpu * ticksPerCpu + column] = Math.floor(usec / usecPerTick);
      }
    }
    return { cpuCount, ticks, startedAtSec: this.#head[STARTED] ?? 0 };
  }

  /**
   * Shows `count` lines. The counters of lines that go are added to those that
   * stay, or the sum would fall. A line that comes back has what it had, and
   * counts for the second time in the sum: nothing else lets neither it nor the
   * sum fall. A line that was never shown begins at zero, as a CPU plugged in.
   */
  #show(count: number): void {
    const shown = this.#head[SHOWN] ?? 0;
    this.#head[SHOWN] = count;
    if (count >= shown) return;
    for (let column = USER; column <= IDLE; column++) this.#fold(column, count, shown);
    for (let cpu = count; cpu < shown; cpu++) this.#lines[cpu * lineLength + AHEAD] = 0;
  }

  /** Whole ticks stay whole: a tick cut in two would be lost to both lines. */
  #fold(column: number, count: number, shown: number): void {
    let ticks = 0;
    let rest = 0;
    for (let cpu = count; cpu < shown; cpu++) {
      const usec = this.#lines[cpu * lineLength + column] ?? 0;
      ticks += Math.floor(usec / usecPerTick);
      rest += usec % usecPerTick;
    }
    for (let cpu = 0; cpu < count; cpu++) {
      add(this.#lines, cpu * lineLength + column, evenPart(ticks, count, cpu) * usecPerTick);
    }
    add(this.#lines, column, rest);
  }

  #addGrowth(sample: CpuSample, elapsedUsec: number): void {
    const count = this.#head[SHOWN] ?? 0;
    const { room, growth } = this.#scratch;
    const lines = this.#lines;
    for (let cpu = 0; cpu < count; cpu++) {
      room[cpu] = Math.max(0, elapsedUsec - (lines[cpu * lineLength + AHEAD] ?? 0));
    }
    growth.measure(this.#counters, sample, count, room);
    for (let cpu = 0; cpu < count; cpu++) {
      const line = cpu * lineLength;
      const user = growth.userUsec[cpu] ?? 0;
      const nice = growth.niceUsec[cpu] ?? 0;
      const system = growth.systemUsec[cpu] ?? 0;
      add(lines, line + USER, user);
      add(lines, line + NICE, nice);
      add(lines, line + SYSTEM, system);
      const ahead = (lines[line + AHEAD] ?? 0) + user + nice + system - elapsedUsec;
      add(lines, line + IDLE, Math.max(0, -ahead));
      lines[line + AHEAD] = Math.min(longestAheadUsec, Math.max(0, ahead));
    }
  }
}
