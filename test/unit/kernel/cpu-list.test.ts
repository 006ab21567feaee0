import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseCpuList } from '../../../src/kernel/cpu-list.ts';
import { KernelFormatError } from '../../../src/kernel/format-error.ts';

describe('parseCpuList()', () => {
  test.each([
    ['\n', []],
    ['0\n', [0]],
    ['0-3\n', [0, 1, 2, 3]],
    ['0-1,7\n', [0, 1, 7]],
    ['1,3,8-9', [1, 3, 8, 9]],
    ['65535\n', [65_535]],
  ])('reads %j', (text, cpus) => {
    expect(parseCpuList(text, 'file')).toEqual(cpus);
  });

  test.each(['a', '0-', '-3', '0,,1', '0-3-4', '3-1', '1,1', '2,0-3', '0 1', '0x1', '99999999'])(
    'refuses %j',
    (text) => {
      expect(() => parseCpuList(text, 'file')).toThrow(KernelFormatError);
    },
  );

  test('says which file and line it cannot read', () => {
    expect(() => parseCpuList('0-3,x\n', '/cg/cpuset.cpus.effective')).toThrow(
      'Cannot parse /cg/cpuset.cpus.effective line "0-3,x": expected ascending CPU numbers',
    );
  });

  test('reads any ascending list, whichever way ranges are cut', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(300), { minLength: 1 }), (numbers) => {
        const cpus = numbers.sort((a, b) => a - b);
        const ranges = cpus.map((cpu) => (cpu % 3 === 0 ? `${cpu}-${cpu}` : `${cpu}`));
        expect(parseCpuList(`${ranges.join(',')}\n`, 'file')).toEqual(cpus);
      }),
    );
  });

  test('gives a list or a KernelFormatError for any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'0123456789,-\n x') }), (text) => {
        try {
          const cpus = parseCpuList(text, 'file');
          expect(cpus).toEqual([...new Set(cpus)].sort((a, b) => a - b));
        } catch (error) {
          expect(error).toBeInstanceOf(KernelFormatError);
        }
      }),
    );
  });
});
