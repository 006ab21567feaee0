// Counts of tasks that are taken again only after a while.

import type { TaskCounts } from './tasks.ts';

export class KeptTaskCounts {
  readonly #count: () => TaskCounts;
  readonly #keepUsec: number;
  #counts: TaskCounts | undefined;
  #takenUsec = 0;

  constructor(count: () => TaskCounts, keepUsec = 1_000_000) {
    this.#count = count;
    this.#keepUsec = keepUsec;
  }

  /** The counts, at most `keepUsec` old at `nowUsec` (a clock that never goes back). */
  at(nowUsec: number): TaskCounts {
    if (this.#counts === undefined || nowUsec - this.#takenUsec > this.#keepUsec) {
      this.#counts = this.#count();
      this.#takenUsec = nowUsec;
    }
    return this.#counts;
  }
}
