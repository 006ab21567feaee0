import { expect, test } from 'vitest';
import { renderMetrics } from '../../../src/daemon/metrics.ts';
import { type WorkerRecord, workerSource } from '../../../src/daemon/worker-status.ts';
import { monotonicUsec } from '../../../src/kernel/clock.ts';
import { parseMetrics } from '../../support/metrics-text.ts';

const records: readonly WorkerRecord[] = [
  { answered: 10, isBusy: false, busySinceUsec: 5 },
  { answered: 7, isBusy: true, busySinceUsec: monotonicUsec() - 3e6 },
  { answered: 0, isBusy: true },
];
const source = workerSource({ records: () => records, living: () => 2 });

test('workerSource() tells how long a thread has been at its request, if it is at one', () => {
  const { living, answered, threads } = source.status();
  expect({ living, answered }).toEqual({ living: 2, answered: 17 });
  expect(threads).toEqual([
    { worker: 0, answered: 10, isBusy: false, busyForUsec: null },
    { worker: 1, answered: 7, isBusy: true, busyForUsec: expect.closeTo(3e6, -6) },
    { worker: 2, answered: 0, isBusy: true, busyForUsec: null },
  ]);
});

test('workerSource() has metrics of all threads', () => {
  const metrics = parseMetrics(renderMetrics(source.metrics?.() ?? []));
  const valuesOf = (name: string) => Object.fromEntries(metrics.get(name)?.samples ?? []);
  expect(valuesOf('nsproc_requests_answered_total')).toEqual({
    '{worker="0"}': 10,
    '{worker="1"}': 7,
    '{worker="2"}': 0,
  });
  expect(valuesOf('nsproc_requests_in_flight')).toEqual({ '': 2 });
  expect(valuesOf('nsproc_workers')).toEqual({ '': 2 });
  expect(valuesOf('nsproc_longest_request_seconds')['']).toBeCloseTo(3, 0);
});
