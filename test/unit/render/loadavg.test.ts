import { describe, expect, test } from 'vitest';
import { renderLoadavg } from '../../../src/render/loadavg.ts';

const counts = { running: 1, total: 12, lastPid: 345 };

describe('renderLoadavg()', () => {
  test.each([
    [[0, 0, 0], '0.00 0.00 0.00 1/12 345\n'],
    [[2048, 1024, 512], '1.00 0.50 0.25 1/12 345\n'],
    // Rounded at the third digit: 10 is added before it is cut.
    [[10, 11, 2037], '0.00 0.01 0.99 1/12 345\n'],
    [[2038, 2039, 204_800], '1.00 1.00 100.00 1/12 345\n'],
  ] as const)('prints %j as %j', (averages, text) => {
    expect(renderLoadavg({ averages, ...counts })).toBe(text);
  });
});
