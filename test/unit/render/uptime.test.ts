import { describe, expect, test } from 'vitest';
import { renderUptime } from '../../../src/render/uptime.ts';

describe('renderUptime()', () => {
  test.each([
    ['age and idle time of all CPUs', [100_000_000, 2, 35_000_000], '100.00 165.00\n'],
    ['decimals cut off, not rounded', [1_999_999, 1, 0], '1.99 1.99\n'],
    ['two decimals always', [1_050_000, 1, 50_000], '1.05 1.00\n'],
    ['no idle time when more was used than elapsed', [10_000_000, 1, 10_000_001], '10.00 0.00\n'],
    ['zero for a container from the future', [-5_000_000, 4, 0], '0.00 0.00\n'],
    ['a year on very many CPUs', [31_536_000_000_000, 256, 1], '31536000.00 8073215999.99\n'],
  ] as const)('gives %s', (_, [ageUsec, cpuCount, usedUsec], text) => {
    expect(renderUptime({ ageUsec, cpuCount, usedUsec })).toBe(text);
  });
});
