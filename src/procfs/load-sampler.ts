// Counts the tasks of the containers whose load averages somebody reads, each at its own
// ticks. What that costs is bounded: in all, and for each container whatever it runs.

import type { TaskCounts, TaskSite } from '../cgroup/tasks.ts';
import type { UsedRow } from '../shared/keyed-rows.ts';
import { loadTickUsec } from '../view/load-average.ts';
import type { SharedLoads } from '../view/shared-loads.ts';

/** Of one core, for all containers together. */
const mostShare = 0.04;
/**
 * CPU time of a tick for one container. Where counting takes longer, ticks are left out until
 * that has made up for it; they take what was counted last.
 */
const mostSliceUsec = 10_000;

export interface LoadSamplerParts {
  readonly loads: SharedLoads;
  readonly clock: {
    monotonicUsec(): number;
    /** CPU time of this thread. */
    threadCpuUsec(): number;
  };
  /** `turn` differs from call to call; `undefined` when they cannot be counted. */
  readonly count: (site: TaskSite, turn: number) => TaskCounts | undefined;
}

interface Watched extends UsedRow {
  dueUsec: number;
}

export class LoadSampler {
  readonly #parts: LoadSamplerParts;
  readonly #watched = new Map<number, Watched>();
  #turn = 0;

  constructor(parts: LoadSamplerParts) {
    this.#parts = parts;
  }

  /** Looks for containers that have been read for the first time. */
  findContainers(): void {
    for (const used of this.#parts.loads.used()) {
      this.#watched.set(used.slot, { ...used, dueUsec: 0 });
    }
  }

  /**
   * Counts where that is due. When the next container is due (CLOCK_MONOTONIC);
   * `undefined` when none will be before findContainers() finds one.
   */
  run(): number | undefined {
    const nowUsec = this.#parts.clock.monotonicUsec();
    let nextUsec: number | undefined;
    for (const watched of this.#watched.values()) {
      if (watched.dueUsec <= nowUsec && !this.#attend(watched)) {
        this.#watched.delete(watched.slot);
        continue;
      }
      nextUsec = Math.min(nextUsec ?? watched.dueUsec, watched.dueUsec);
    }
    return nextUsec;
  }

  /** False when nobody reads the container any more. */
  #attend(watched: Watched): boolean {
    const { loads, clock, count } = this.#parts;
    const shareUsec = (mostShare * loadTickUsec) / this.#watched.size;
    const sliceUsec = Math.min(mostSliceUsec, shareUsec);
    const order = loads.order(watched, clock.monotonicUsec(), sliceUsec);
    let dueUsec = order?.dueUsec;
    if (order?.site !== undefined) {
      const beganUsec = clock.threadCpuUsec();
      const counts = count(order.site, this.#turn++);
      const spentUsec = clock.threadCpuUsec() - beganUsec;
      dueUsec = loads.record(watched, { nowUsec: clock.monotonicUsec(), counts, spentUsec });
    }
    if (dueUsec === undefined) return false;
    watched.dueUsec = dueUsec;
    return true;
  }
}
