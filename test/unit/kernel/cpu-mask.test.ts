import { expect, test } from 'vitest';
import { parseCpuMask } from '../../../src/kernel/cpu-mask.ts';

test.each([
  ['0\n', []],
  ['1\n', [0]],
  ['55\n', [0, 2, 4, 6]],
  ['80000000\n', [31]],
  ['01,00000002\n', [1, 32]],
  ['00000000,00000000\n', []],
])('parseCpuMask(%j) is %j', (text, cpus) => {
  expect(parseCpuMask(text, 'x')).toEqual(cpus);
});

test.each(['', '\n', 'x', '1,,2', '123456789', '0x1', '-1', '1 2', `${'0,'.repeat(256)}0`])(
  'parseCpuMask(%j) throws',
  (text) => {
    expect(() => parseCpuMask(text, 'x')).toThrow(
      expect.objectContaining({ name: 'KernelFormatError', source: 'x' }),
    );
  },
);
