import { describe, expect, test } from 'vitest';
import { memoryStatParser, parseBytes } from '../../../src/cgroup/memory-stat.ts';
import { KernelFormatError } from '../../../src/kernel/format-error.ts';

describe('memoryStatParser()', () => {
  const parse = memoryStatParser(['anon', 'file', 'file_mapped', 'inactive_anon', 'slab']);

  test('reads the keys it was made for, from the first line to the last', () => {
    const text = 'anon 1\nfile 22\nkernel 9\nfile_mapped 333\ninactive_anon 4444\nslab 5\n';
    expect(parse(text, 'memory.stat')).toEqual({
      anon: 1,
      file: 22,
      file_mapped: 333,
      inactive_anon: 4444,
      slab: 5,
    });
  });

  test('finds keys in any order', () => {
    const text = 'slab 5\ninactive_anon 4\nfile_mapped 3\nfile 2\nanon 1';
    expect(Object.values(parse(text, 'memory.stat'))).toEqual([1, 2, 3, 4, 5]);
  });

  test('tells a key that the kernel does not have from zero', () => {
    const stat = parse('inactive_anon 7\nfile 0\n', 'memory.stat');
    expect(stat.anon).toBeUndefined();
    expect(stat.file).toBe(0);
    expect(stat.inactive_anon).toBe(7);
  });

  test('counts a sum that is below zero for a moment as zero', () => {
    expect(parse('anon -4096\nfile 8192\n', 'memory.stat')).toMatchObject({ anon: 0, file: 8192 });
  });

  test('says which line of which file it cannot read', () => {
    const source = '/cg/memory.stat';
    expect(() => parse('anon 1\nfile many\nslab 5\n', source)).toThrow(
      'Cannot parse /cg/memory.stat line "file many": expected a name and a number',
    );
    expect(() => parse('anon ', source)).toThrow(KernelFormatError);
    expect(() => parse('anon -', source)).toThrow(KernelFormatError);
  });
});

describe('parseBytes()', () => {
  test('reads a number up to its line end', () => {
    expect(parseBytes('71798784\n', 'memory.current')).toBe(71798784);
  });

  test('refuses what is no number', () => {
    expect(() => parseBytes('max\n', 'memory.current')).toThrow(KernelFormatError);
    expect(() => parseBytes('', 'memory.current')).toThrow(KernelFormatError);
  });
});
