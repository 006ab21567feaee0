// Which serving threads have been at one and the same request for too long.

import type { Journal } from './journal.ts';

/** Requests take microseconds; some that wait for a program to answer, some milliseconds. */
const patienceMsec = 1000;

interface Busy {
  readonly unique: bigint;
  readonly answered: number;
  readonly sinceMsec: number;
  readonly isStuck: boolean;
}

export interface Stuck {
  readonly count: number;
  /** Those that were not stuck at the last look. */
  readonly begun: readonly number[];
}

export class StuckThreads {
  readonly #journal: Journal;
  readonly #busy = new Map<number, Busy>();

  constructor(journal: Journal) {
    this.#journal = journal;
  }

  /** Preconditions: all of the threads serve. What a dead one left is no sign of anything. */
  look(threads: readonly number[], nowMsec: number): Stuck {
    const begun: number[] = [];
    let count = 0;
    for (const thread of threads) {
      const unique = this.#journal.takenBy(thread);
      const answered = this.#journal.answeredBy(thread);
      const known = this.#busy.get(thread);
      if (unique === 0n) this.#busy.delete(thread);
      else if (known?.unique !== unique || known.answered !== answered) {
        this.#busy.set(thread, { unique, answered, sinceMsec: nowMsec, isStuck: false });
      } else if (nowMsec - known.sinceMsec >= patienceMsec) {
        count++;
        if (!known.isStuck) begun.push(thread);
        this.#busy.set(thread, { ...known, isStuck: true });
      }
    }
    return { count, begun };
  }

  /** Threads that were stuck at the last look. */
  count(): number {
    return [...this.#busy.values()].filter(({ isStuck }) => isStuck).length;
  }

  /** The thread has ended. */
  forget(thread: number): void {
    this.#busy.delete(thread);
  }

  busyMsec(thread: number, nowMsec: number): number {
    const known = this.#busy.get(thread);
    return known === undefined ? 0 : nowMsec - known.sinceMsec;
  }
}
