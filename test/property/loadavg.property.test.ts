// Load averages against the kernel's integer arithmetic, written down here once more,
// with big integers and its own names.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { renderLoadavg } from '../../src/render/loadavg.ts';
import { advanceLoads, type LoadAverages, noLoad } from '../../src/view/load-average.ts';

const FSHIFT = 11n;
const FIXED_1 = 1n << FSHIFT;
const EXP = [1884n, 2014n, 2037n] as const;

/** One tick of one average: weighted, rounded up while it rises. */
function kernelTick(load: bigint, exp: bigint, active: bigint): bigint {
  let sum = load * exp + active * (FIXED_1 - exp);
  if (active >= load) sum += FIXED_1 - 1n;
  return sum / FIXED_1;
}

/** x^n with a half added before each shift. */
function kernelPower(x: bigint, n: number): bigint {
  let result = FIXED_1;
  let base = x;
  let left = n;
  if (left === 0) return result;
  for (;;) {
    if (left & 1) result = (result * base + (FIXED_1 >> 1n)) >> FSHIFT;
    left >>= 1;
    if (left === 0) return result;
    base = (base * base + (FIXED_1 >> 1n)) >> FSHIFT;
  }
}

function kernelText(load: bigint): string {
  const shown = load + FIXED_1 / 200n;
  const hundredths = ((shown & (FIXED_1 - 1n)) * 100n) >> FSHIFT;
  return `${shown >> FSHIFT}.${String(hundredths).padStart(2, '0')}`;
}

const fixedPoint = fc.integer({ min: 0, max: 2 ** 33 });
const averages = fc.tuple(fixedPoint, fixedPoint, fixedPoint);
const tasks = fc.oneof(fc.integer({ min: 0, max: 20 }), fc.integer({ min: 0, max: 2 ** 22 }));

describe('load averages', () => {
  test('move at each tick as the kernel moves them', () => {
    fc.assert(
      fc.property(fc.array(tasks, { maxLength: 300 }), (counts) => {
        let ours: LoadAverages = noLoad;
        let kernels = [0n, 0n, 0n];
        for (const count of counts) {
          ours = advanceLoads(ours, count, 1);
          const active = BigInt(count) * FIXED_1;
          kernels = kernels.map((load, index) => kernelTick(load, EXP[index] ?? 0n, active));
        }
        expect(ours.map(BigInt)).toEqual(kernels);
      }),
    );
  });

  test('make up for missed ticks as the kernel does', () => {
    fc.assert(
      fc.property(averages, tasks, fc.integer({ min: 1, max: 2 ** 30 }), (from, count, ticks) => {
        const ours = advanceLoads(from, count, ticks);
        const kernels = from.map((load, index) =>
          kernelTick(BigInt(load), kernelPower(EXP[index] ?? 0n, ticks), BigInt(count) * FIXED_1),
        );
        expect(ours.map(BigInt)).toEqual(kernels);
      }),
    );
  });

  test('stay between where they were and what is active', () => {
    fc.assert(
      fc.property(averages, tasks, fc.integer({ min: 0, max: 1000 }), (from, count, ticks) => {
        for (const [index, average] of advanceLoads(from, count, ticks).entries()) {
          const ends = [from[index] ?? 0, count * 2048];
          expect(average).toBeGreaterThanOrEqual(Math.min(...ends));
          expect(average).toBeLessThanOrEqual(Math.max(...ends));
        }
      }),
    );
  });

  test('are printed as the kernel prints them', () => {
    fc.assert(
      fc.property(averages, (shown) => {
        const text = renderLoadavg({ averages: shown, running: 1, total: 2, lastPid: 3 });
        expect(text).toBe(`${shown.map((load) => kernelText(BigInt(load))).join(' ')} 1/2 3\n`);
        expect(text).toMatch(/^(\d+\.\d\d ){3}\d+\/\d+ \d+\n$/);
      }),
    );
  });
});
