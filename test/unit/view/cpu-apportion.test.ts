import fc from 'fast-check';
import { expect, test } from 'vitest';
import { apportion, evenPart } from '../../../src/view/apportion.ts';

test('evenPart() divides a counter into counters', () => {
  const total = fc.nat(2 ** 31 - 1);
  fc.assert(
    fc.property(total, total, fc.integer({ min: 1, max: 64 }), (before, growth, count) => {
      const partsOf = (whole: number) =>
        Array.from({ length: count }, (_, index) => evenPart(whole, count, index));
      const parts = partsOf(before);
      const later = partsOf(before + growth);
      expect(parts.reduce((sum, part) => sum + part, 0)).toBe(before);
      expect(Math.max(...parts) - Math.min(...parts)).toBeLessThanOrEqual(1);
      expect(parts.every((part, index) => part <= (later[index] ?? -1))).toBe(true);
    }),
  );
});

test('apportion() gives it all away, to nobody more than its weight, in proportion', () => {
  const weight = fc.oneof(fc.constant(0), fc.nat(100), fc.nat(2 ** 40));
  const weights = fc.array(weight, { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(weights, fc.double({ min: 0, max: 1, noNaN: true }), (given, fraction) => {
      const all = given.reduce((sum, one) => sum + one, 0);
      const amount = Math.floor(all * fraction);
      const parts = new Float64Array(given.length);
      apportion(amount, given.length, Float64Array.from(given), parts);
      expect(parts.reduce((sum, part) => sum + part, 0)).toBe(amount);
      for (const [index, part] of parts.entries()) {
        const most = given[index] ?? 0;
        expect(Number.isInteger(part)).toBe(true);
        expect(part >= 0 && part <= most).toBe(true);
        expect(Math.abs(part - most * fraction)).toBeLessThanOrEqual(2 + all * 1e-12);
      }
    }),
  );
});
