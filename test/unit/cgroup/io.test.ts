import { describe, expect, it } from 'vitest';
import { parseBlkio } from '../../../src/cgroup/v1/blkio.ts';
import { parseIoStat } from '../../../src/cgroup/v2/io.ts';
import { KernelFormatError } from '../../../src/kernel/format-error.ts';

describe('parseBlkio()', () => {
  it('reads a number for each device and operation, without the totals of all devices', () => {
    const text = '8:0 Read 5\n8:0 Write 1\n8:0 Total 6\n259:11 Discard 7\nTotal 13\n';
    expect([...parseBlkio(text, 'f')]).toEqual([
      ['8:0 Read', 5],
      ['8:0 Write', 1],
      ['8:0 Total', 6],
      ['259:11 Discard', 7],
    ]);
  });

  it.each([['8:0 Read'], ['8:0 Read -1'], ['sda Read 1'], ['8:0 1'], [' 8:0 Read 1']])(
    'refuses the line %j',
    (line) => {
      expect(() => parseBlkio(`8:0 Read 1\n${line}\n`, 'f')).toThrow(KernelFormatError);
    },
  );
});

describe('parseIoStat()', () => {
  it('reads the keys it knows, and passes over the rest', () => {
    const usage = parseIoStat('8:0 rios=2 new=a=b rbytes=1024 dios=1 flag\n8:16\n\n', 'f');
    expect([...usage.keys()]).toEqual(['8:0', '8:16']);
    expect(usage.get('8:0')).toEqual({
      read: { requests: 2, bytes: 1024, merged: 0, nsec: 0 },
      write: { requests: 0, bytes: 0, merged: 0, nsec: 0 },
      discard: { requests: 1, bytes: 0, merged: 0, nsec: 0 },
    });
  });

  it('passes over a line of no device', () => {
    expect(parseIoStat('(unknown) rbytes=1\n', 'f').size).toBe(0);
  });

  it.each([['rios='], ['rios=-1'], ['rios=many'], ['rbytes']])('refuses %j', (pair) => {
    expect(() => parseIoStat(`8:0 ${pair}\n`, 'f')).toThrow(KernelFormatError);
  });
});
