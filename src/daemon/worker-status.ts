// What the status says of the serving threads.

import { monotonicUsec } from '../kernel/clock.ts';
import { gauge, type Metric } from './metrics.ts';
import type { StatusSource } from './status.ts';

/** One serving thread, as the main thread sees it. */
export interface WorkerRecord {
  readonly answered: number;
  readonly isBusy: boolean;
  /** Since when it works on its request, if that is known; CLOCK_MONOTONIC. */
  readonly busySinceUsec?: number;
}

function busyUsecOf({ isBusy, busySinceUsec }: WorkerRecord): number | null {
  if (!isBusy || busySinceUsec === undefined) return null;
  return Math.max(0, monotonicUsec() - busySinceUsec);
}

export interface WorkerFacts {
  /** One element a serving thread. */
  records(): readonly WorkerRecord[];
  /** How many threads run. */
  living(): number;
}

export function workerSource({ records, living }: WorkerFacts): StatusSource {
  return {
    part: 'workers',
    status: () => {
      const all = records();
      return {
        living: living(),
        answered: all.reduce((sum, { answered }) => sum + answered, 0),
        threads: all.map((record, worker) => ({
          worker,
          answered: record.answered,
          isBusy: record.isBusy,
          busyForUsec: busyUsecOf(record),
        })),
      };
    },
    metrics: () => workerMetrics(records(), living()),
  };
}

function workerMetrics(records: readonly WorkerRecord[], living: number): Metric[] {
  const busy = records.filter(({ isBusy }) => isBusy);
  const longestUsec = Math.max(0, ...busy.map((record) => busyUsecOf(record) ?? 0));
  return [
    {
      name: 'nsproc_requests_answered_total',
      type: 'counter',
      help: 'Requests of the kernel that were answered.',
      samples: records.map(({ answered }, worker) => ({
        value: answered,
        labels: { worker: String(worker) },
      })),
    },
    gauge('nsproc_workers', 'Threads that serve readers.', living),
    gauge('nsproc_requests_in_flight', 'Requests taken and not answered yet.', busy.length),
    gauge(
      'nsproc_longest_request_seconds',
      'How long the oldest request in flight has been worked on.',
      longestUsec / 1e6,
    ),
  ];
}
