import { expect, test } from 'vitest';
import { renderCpuList, renderCpuMask } from '../../../src/render/cpu-sets.ts';

test.each([
  [[], '\n'],
  [[0], '0\n'],
  [[0, 1], '0-1\n'],
  [[0, 2, 3, 4, 7, 9, 10], '0,2-4,7,9-10\n'],
  [[63, 64], '63-64\n'],
])('renderCpuList(%j) is %j', (cpus, text) => {
  expect(renderCpuList(cpus)).toBe(text);
});

test.each([
  [[], 1, '0\n'],
  [[0], 1, '1\n'],
  [[0, 1], 2, '3\n'],
  [[4], 5, '10\n'],
  [[0], 32, '00000001\n'],
  [[31], 32, '80000000\n'],
  [[0, 32], 33, '1,00000001\n'],
  [[39], 40, '80,00000000\n'],
  [[], 64, '00000000,00000000\n'],
])('renderCpuMask(%j) of %i CPUs is %j', (cpus, cpuCount, text) => {
  expect(renderCpuMask(cpus, cpuCount)).toBe(text);
});
