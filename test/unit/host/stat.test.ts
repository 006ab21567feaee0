import { describe, expect, test } from 'vitest';
import { parseHostStat } from '../../../src/host/stat.ts';
import { KernelFormatError } from '../../../src/kernel/format-error.ts';

describe('parseHostStat()', () => {
  test('finds the online CPUs, the columns, and everything else unchanged', () => {
    const text =
      'cpu  1 2 3 4 5 6 7 8 9 10\ncpu0 1 2 3 4 5 6 7 8 9 10\ncpu12 1 2 3 4 5 6 7 8 9 10\n' +
      'intr 5 0 0\nctxt 1\nbtime 2\nsoftirq 3 4\n';
    expect(parseHostStat(text)).toEqual({
      onlineCpus: [0, 12],
      columnCount: 10,
      otherLines: 'intr 5 0 0\nctxt 1\nbtime 2\nsoftirq 3 4\n',
    });
  });

  test.each(['', 'intr 1\n', 'cpu  1 2\n', 'cpu  1 2 3 4\ncpux 1 2 3 4\n', 'cpu  1 2 3 4\ncpu0 1'])(
    'refuses %j',
    (text) => {
      expect(() => parseHostStat(text)).toThrow(KernelFormatError);
    },
  );
});
