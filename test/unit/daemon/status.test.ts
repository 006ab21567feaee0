import { expect, test } from 'vitest';
import { gauge } from '../../../src/daemon/metrics.ts';
import { metricsOf, type StatusSource, statusOf } from '../../../src/daemon/status.ts';

const broken: StatusSource = {
  part: 'broken',
  status: () => {
    throw new Error('out of order');
  },
  metrics: () => {
    throw new Error('out of order');
  },
};
const holder: StatusSource = {
  part: 'holder',
  status: () => ({ pid: 7 }),
  metrics: () => [gauge('nsproc_holder_up', 'Whether it is there.', 1)],
};

test('statusOf() has a part of each source; those of one name are one', () => {
  const more: StatusSource = { part: 'holder', status: () => ({ takeOvers: 2 }) };
  expect(statusOf([holder, { part: 'empty', status: () => ({}) }, more])).toEqual({
    holder: { pid: 7, takeOvers: 2 },
    empty: {},
  });
});

test('a source that fails does not keep back the others', () => {
  expect(statusOf([broken, holder])).toEqual({
    broken: { problem: 'out of order' },
    holder: { pid: 7 },
  });
  expect(metricsOf([broken, holder]).map(({ name }) => name)).toEqual(['nsproc_holder_up']);
});

test('metricsOf() needs none of a source', () => {
  expect(metricsOf([{ part: 'quiet', status: () => ({}) }])).toEqual([]);
});
