import { describe, expect, test } from 'vitest';
import { parseHostMemory } from '../../../src/host/meminfo.ts';
import { KernelFormatError } from '../../../src/kernel/format-error.ts';

describe('parseHostMemory()', () => {
  test('reads memory and swap', () => {
    const text =
      'MemTotal:       263856952 kB\nMemFree:         5 kB\nSwapCached:            9 kB\n' +
      'SwapTotal:       8388604 kB\nSwapFree:        1 kB\n';
    expect(parseHostMemory(text)).toEqual({ totalKib: 263856952, swapTotalKib: 8388604 });
  });

  test('has no swap where the kernel shows none', () => {
    expect(parseHostMemory('MemTotal: 4096 kB\n')).toEqual({ totalKib: 4096, swapTotalKib: 0 });
  });

  test.each([
    ['', 'expected a line MemTotal'],
    ['MemFree: 1 kB\n', 'expected a line MemTotal'],
    ['LowMemTotal: 1 kB\n', 'expected a line MemTotal'],
    ['MemTotal: much\n', 'line "MemTotal: much": expected a number of kB'],
    ['MemTotal: 1 kB\nSwapTotal: -1 kB\n', 'line "SwapTotal: -1 kB": expected a number of kB'],
  ])('refuses %j', (text, message) => {
    expect(() => parseHostMemory(text)).toThrow(KernelFormatError);
    expect(() => parseHostMemory(text)).toThrow(message);
  });
});
