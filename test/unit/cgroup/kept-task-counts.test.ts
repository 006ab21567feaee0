import { expect, test } from 'vitest';
import { KeptTaskCounts } from '../../../src/cgroup/kept-task-counts.ts';

const others = {
  blocked: 0,
  total: 9,
  isPartial: false,
  newest: undefined,
  oldestStartTicks: undefined,
};

test('KeptTaskCounts counts again when its counts are too old', () => {
  let running = 0;
  const kept = new KeptTaskCounts(() => ({ running: ++running, ...others }), 1000);
  expect([kept.at(5000), kept.at(6000), kept.at(6001)].map((counts) => counts.running)).toEqual([
    1, 1, 2,
  ]);
});
