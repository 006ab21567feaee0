import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { DeviceUsage, OperationUsage } from '../../../src/cgroup/io-usage.ts';
import { renderDiskstats } from '../../../src/render/diskstats.ts';

const none: OperationUsage = { requests: 0, bytes: 0, merged: 0, nsec: 0 };
const used: DeviceUsage = {
  read: { requests: 3, bytes: 5 * 512 + 511, merged: 1, nsec: 2_999_999 },
  write: { requests: 4, bytes: 512, merged: 0, nsec: 1_000_001 },
  discard: { requests: 6, bytes: 1024, merged: 2, nsec: 0 },
};

function hostLine(device: string, name: string, columnCount: number): string {
  const [major = '', minor = ''] = device.split(':');
  const counters = Array.from({ length: columnCount }, () => '9').join(' ');
  return `${major.padStart(4)} ${minor.padStart(7)} ${name} ${counters}\n`;
}

const shown = (hostText: string, usage = used) =>
  renderDiskstats(hostText, new Map([['8:0', usage]]));

describe('renderDiskstats()', () => {
  test.each([
    [11, '3 1 5 2 4 0 1 1 0 0 4'],
    [15, '3 1 5 2 4 0 1 1 0 0 4 6 2 2 0'],
    [17, '3 1 5 2 4 0 1 1 0 0 4 6 2 2 0 0 0'],
    [20, '3 1 5 2 4 0 1 1 0 0 4 6 2 2 0 0 0 0 0 0'],
  ])('has the %i columns of the host', (columnCount, counters) => {
    expect(shown(hostLine('8:0', 'sda', columnCount))).toBe(`   8       0 sda ${counters}\n`);
  });

  test('tells a device from one whose number begins or ends alike', () => {
    const text = hostLine('18:0', 'a', 11) + hostLine('8:01', 'b', 11) + hostLine('8:10', 'c', 11);
    expect(shown(text)).toBe('');
  });

  test('finds the first and the last line, also without a newline at the end', () => {
    const line = hostLine('8:0', 'sda', 11);
    const other = hostLine('8:16', 'sdb', 11);
    expect(shown(line + other)).toBe(shown(line));
    expect(shown((other + line).trimEnd())).toBe(shown(line));
  });

  test('has the numbers of any width in their columns', () => {
    const usage = new Map([['12345:1048575', used]]);
    expect(renderDiskstats(hostLine('12345:1048575', 'x', 11), usage)).toMatch(
      /^12345 1048575 x 3 /,
    );
  });

  test('leaves out a device of which all is 0', () => {
    expect(shown(hostLine('8:0', 'sda', 17), { read: none, write: none, discard: none })).toBe('');
  });

  test('shows no line that the host has not, for any text', () => {
    const anyLine = fc.oneof(
      fc.string({ unit: 'binary-ascii' }),
      fc.constantFrom(hostLine('8:0', 'sda', 17), hostLine('8:1', 'sda1', 17), '   8       0 '),
    );
    fc.assert(
      fc.property(fc.array(anyLine), (lines) => {
        const text = lines.join('\n');
        const start = /^ {3}8 {7}0 /m;
        expect(shown(text).split('\n')).toHaveLength(start.test(text) ? 2 : 1);
      }),
    );
  });
});
