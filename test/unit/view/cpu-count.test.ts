import { describe, expect, test } from 'vitest';
import { cpusOf } from '../../../src/view/cpu-count.ts';

const hostOnline = [0, 1, 2, 3];

describe('cpusOf()', () => {
  test.each([
    [
      'all online CPUs without limits',
      { policy: 'quota', quota: null, cpuset: undefined },
      [0, 1, 2, 3],
    ],
    ['the cpuset without a quota', { policy: 'quota', quota: null, cpuset: [1, 3] }, [1, 3]],
    ['as many as the quota fills', { policy: 'quota', quota: 2, cpuset: undefined }, [0, 1]],
    ['one more for a part of a CPU', { policy: 'quota', quota: 1.01, cpuset: undefined }, [0, 1]],
    ['one for a quota of almost nothing', { policy: 'quota', quota: 0.001, cpuset: [2, 3] }, [2]],
    [
      'the cpuset when the quota is above it',
      { policy: 'quota', quota: 16, cpuset: [1, 3] },
      [1, 3],
    ],
    ['the first ones of the cpuset', { policy: 'quota', quota: 1.5, cpuset: [1, 2, 3] }, [1, 2]],
    [
      'all online CPUs for an empty cpuset',
      { policy: 'quota', quota: null, cpuset: [] },
      [0, 1, 2, 3],
    ],
    ['the cpuset alone by policy', { policy: 'cpuset', quota: 0.5, cpuset: [1, 3] }, [1, 3]],
  ] as const)('gives %s', (_, limits, cpus) => {
    expect(cpusOf({ ...limits, hostOnline })).toEqual(cpus);
  });

  test('gives CPU 0 when nothing is known', () => {
    expect(cpusOf({ policy: 'quota', quota: null, cpuset: undefined, hostOnline: [] })).toEqual([
      0,
    ]);
  });
});
