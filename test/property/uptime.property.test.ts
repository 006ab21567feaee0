// /proc/uptime holds two numbers that cannot be negative, whatever was read.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { renderUptime } from '../../src/render/uptime.ts';

const usec = fc.integer({ min: -1_000_000, max: 2 ** 45 });

test('renderUptime() gives age and 0 <= idle <= CPUs x age, cut off to hundredths', () => {
  fc.assert(
    fc.property(usec, fc.integer({ min: 1, max: 512 }), usec, (ageUsec, cpuCount, used) => {
      const usedUsec = Math.max(0, used);
      const text = renderUptime({ ageUsec, cpuCount, usedUsec });
      expect(text).toMatch(/^\d+\.\d\d \d+\.\d\d\n$/);
      const [age = Number.NaN, idle = Number.NaN] = text
        .trim()
        .split(' ')
        .map((field) => Number(field.replace('.', '')));
      expect(age).toBe(Math.floor(Math.max(0, ageUsec) / 10_000));
      expect(idle).toBe(
        Math.floor(Math.max(0, cpuCount * Math.max(0, ageUsec) - usedUsec) / 10_000),
      );
    }),
  );
});
