import { describe, expect, test } from 'vitest';
import { advanceLoads, type LoadAverages, noLoad } from '../../../src/view/load-average.ts';

function afterTicks(from: LoadAverages, active: number, ticks: number): LoadAverages {
  let averages = from;
  for (let tick = 0; tick < ticks; tick++) averages = advanceLoads(averages, active, 1);
  return averages;
}

describe('advanceLoads()', () => {
  // 2048 * (2048 - 1884) + 2047, divided by 2048, and so on.
  test('takes the first tick of a machine with one busy task', () => {
    expect(advanceLoads(noLoad, 1, 1)).toEqual([164, 34, 11]);
  });

  test('takes the second likewise', () => {
    expect(advanceLoads([164, 34, 11], 1, 1)).toEqual([315, 68, 22]);
  });

  test('reaches what is active, and falls back to nothing', () => {
    const busy = afterTicks(noLoad, 3, 10_000);
    expect(busy).toEqual([3 * 2048, 3 * 2048, 3 * 2048]);
    expect(afterTicks(busy, 0, 10_000)).toEqual([0, 0, 0]);
  });

  // And somewhat more: each tick is rounded up.
  test('rises by 1 - 1/e in the time that it is over', () => {
    expect((afterTicks(noLoad, 1, 12)[0] ?? 0) / 2048).toBeCloseTo(0.632, 1);
    expect((afterTicks(noLoad, 1, 60)[1] ?? 0) / 2048).toBeCloseTo(0.632, 1);
    expect((afterTicks(noLoad, 1, 180)[2] ?? 0) / 2048).toBeCloseTo(0.632, 1);
  });

  test('makes up for many ticks at once, to some 2048ths', () => {
    const [one, five, fifteen] = advanceLoads([2048, 2048, 2048], 4, 30);
    const [slowOne, slowFive, slowFifteen] = afterTicks([2048, 2048, 2048], 4, 30);
    expect(Math.abs(one - slowOne)).toBeLessThan(30);
    expect(Math.abs(five - slowFive)).toBeLessThan(60);
    expect(Math.abs(fifteen - slowFifteen)).toBeLessThan(60);
    expect(advanceLoads([2048, 2048, 2048], 0, 10_000_000)).toEqual([0, 0, 0]);
  });

  test('takes a part of a task, as a mean has it', () => {
    expect(advanceLoads(noLoad, 0.25, 10_000)).toEqual([512, 512, 512]);
  });

  test('leaves everything as it is when no tick has come', () => {
    expect(advanceLoads([5, 6, 7], 9, 0)).toEqual([5, 6, 7]);
  });
});
