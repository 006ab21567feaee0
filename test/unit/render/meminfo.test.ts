import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { renderMeminfo } from '../../../src/render/meminfo.ts';
import { takeMemoryView } from '../../../src/view/memory.ts';
import { v2Reading } from '../../support/memory-readings.ts';

const view = takeMemoryView(
  v2Reading({ maxBytes: 65536 * 1024, currentBytes: 5536 * 1024, stat: { file: 1024 * 1024 } }),
  { totalKib: 8000000, swapTotalKib: 0 },
);

describe('renderMeminfo()', () => {
  test("puts the container's numbers into the host's columns", () => {
    const host =
      'MemTotal:        8000000 kB\nMemFree:          402344 kB\nInactive(anon):  1337660 kB\n';
    expect(renderMeminfo(host, view)).toBe(
      'MemTotal:          65536 kB\nMemFree:           60000 kB\nInactive(anon):        0 kB\n',
    );
  });

  test('lets a number of more than 8 digits push its unit to the right', () => {
    const wide = takeMemoryView(v2Reading({}), { totalKib: 263856952, swapTotalKib: 0 });
    expect(renderMeminfo('MemTotal:       263856952 kB\n', wide)).toBe(
      'MemTotal:       263856952 kB\n',
    );
    const wider = takeMemoryView(v2Reading({}), { totalKib: 34359738367, swapTotalKib: 0 });
    expect(renderMeminfo('MemTotal:       1 kB\n', wider)).toBe('MemTotal:       34359738367 kB\n');
  });

  test('leaves lines that describe the machine, and unknown ones, as they are', () => {
    const host =
      'CommitLimit:     6171272 kB\nCommitted_AS:    4211044 kB\nVmallocTotal:   34359738367 kB\n' +
      'HardwareCorrupted:     0 kB\nCmaTotal:         131072 kB\nHugePages_Total:      64\n' +
      'Hugepagesize:       2048 kB\nDirectMap4k:      198488 kB\nSomething_Else: 5 MB\nno colon\n';
    expect(renderMeminfo(host, view)).toBe(host);
  });

  test('shows no number of all containers where the container has none of its own', () => {
    const host =
      'Buffers:          212388 kB\nBounce:               64 kB\nWritebackTmp:        128 kB\n' +
      'ShmemPmdMapped:     2048 kB\nFilePmdMapped:      4096 kB\nShadowCallStack:     512 kB\n';
    const numbers = renderMeminfo(host, view).match(/\d+(?= kB)/g);
    expect(numbers).toEqual(['0', '0', '0', '0', '0', '0']);
  });

  test('shows Hugetlb of the container where that is charged, else of the machine', () => {
    const host = 'Hugetlb:          131072 kB\n';
    expect(renderMeminfo(host, view)).toBe(host);
    const charged = takeMemoryView(v2Reading({ stat: { hugetlb: 4096 * 1024 } }), {
      totalKib: 8000000,
      swapTotalKib: 0,
    });
    expect(renderMeminfo(host, charged)).toBe('Hugetlb:            4096 kB\n');
  });

  test('never takes two lines for one', () => {
    const host = 'no colon\nMemTotal:        8000000 kB\n\nMemFree:          402344 kB\n';
    expect(renderMeminfo(host, view)).toBe(
      'no colon\nMemTotal:          65536 kB\n\nMemFree:           60000 kB\n',
    );
  });
});

test('renderMeminfo() keeps label, column and unit of every line of this kernel', () => {
  const host = readFileSync('/proc/meminfo', 'latin1');
  const shapeOf = (text: string) =>
    text.replace(/ +\d+(?= kB$|$)/gm, (number) => `#${number.length}`);
  const rendered = renderMeminfo(host, view);
  expect(shapeOf(rendered)).toBe(shapeOf(host));
});
