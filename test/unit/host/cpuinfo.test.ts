import { describe, expect, it } from 'vitest';
import { hasCpus, parseCpuinfo } from '../../../src/host/cpuinfo.ts';

/** Pieces as plain values: texts, and for each CPU its lines. */
function piecesOf(text: string) {
  return parseCpuinfo(text).map((piece) =>
    typeof piece === 'string'
      ? piece
      : [...piece].map(([cpu, { lead, rest }]) => [cpu, `${lead}#${rest}`]),
  );
}

describe('parseCpuinfo()', () => {
  it('takes a text without CPUs as one about the machine', () => {
    expect(piecesOf('')).toEqual(['']);
    expect(piecesOf('cpu\t\t: TI UltraSparc\nncpus active\t: 1\n')).toEqual([
      'cpu\t\t: TI UltraSparc\nncpus active\t: 1\n',
    ]);
  });

  it('takes only a line with nothing but a number for the beginning of a CPU', () => {
    expect(piecesOf('Processor\t: ARMv7\nprocessor\t: 0 (v7)\nprocessors\t: 1\n')).toEqual([
      'Processor\t: ARMv7\nprocessor\t: 0 (v7)\nprocessors\t: 1\n',
    ]);
  });

  it('needs no blank line, and no newline at the end', () => {
    expect(piecesOf('processor : 0\nA : 1\nprocessor : 5 \nA : 2')).toEqual([
      '',
      [
        [0, 'processor : #\nA : 1\n'],
        [5, 'processor : # \nA : 2'],
      ],
      '',
    ]);
  });

  it('keeps what follows the last CPU, with blank lines of its own', () => {
    expect(piecesOf('processor\t: 0\nA : 1\n\nHardware\t: B\n\nSerial\t: 0\n').at(-1)).toBe(
      'Hardware\t: B\n\nSerial\t: 0\n',
    );
  });

  it('gives the blank line before a block of s390x to the block', () => {
    const text =
      'vendor_id       : IBM/S390\n# processors    : 1\nprocessor 0: version = FF\n\n' +
      'cpu number      : 0\ncpu MHz static  : 5200\n';
    expect(piecesOf(text)).toEqual([
      'vendor_id       : IBM/S390\n# processors    : 1\n',
      [[0, 'processor #: version = FF\n']],
      [[0, '\ncpu number      : #\ncpu MHz static  : 5200\n']],
    ]);
  });

  it('reads an s390x text with one line a CPU and no blocks', () => {
    const text = 'vendor_id       : IBM/S390\n# processors    : 1\nprocessor 3: version = FF\n';
    expect(piecesOf(text)).toEqual([
      'vendor_id       : IBM/S390\n# processors    : 1\n',
      [[3, 'processor #: version = FF\n']],
    ]);
  });
});

describe('hasCpus()', () => {
  const host = parseCpuinfo('processor\t: 0\n\nprocessor\t: 2\n\n');

  it('is whether each has an entry', () => {
    expect(hasCpus(host, [0, 2])).toBe(true);
    expect(hasCpus(host, [])).toBe(true);
    expect(hasCpus(host, [0, 1])).toBe(false);
  });

  it('asks nothing of a text without CPUs', () => {
    expect(hasCpus(parseCpuinfo('machine\t: A\n'), [7])).toBe(true);
  });
});
