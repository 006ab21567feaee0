import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KernelFormatError } from '../../../src/kernel/format-error.ts';
import { parsePidStat } from '../../../src/kernel/pid-stat.ts';

/** Linux 6.18, a sleeping `cat`, with another name, flags and start time. */
function statText(
  comm: string,
  { state = 'S', flags = 4194304, startTicks = 130619 } = {},
): string {
  return (
    `4711 (${comm}) ${state} 4700 4711 4700 34816 4711 ${flags} 102 0 0 0 0 0 0 0 20 0 1 0 ` +
    `${startTicks} 5783552 400 18446744073709551615 94 95 140 0 0 0 0 0 0 1 0 0 17 1 0 0 0 0 0 96 97 98 141 142 143 144 0\n`
  );
}

describe('parsePidStat()', () => {
  it.each([
    ['cat'],
    ['tmux: server'],
    ['a) S (b'],
    [') R 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20'],
    ['('],
    ['))'],
    [''],
    ['two\nlines'],
  ])('finds the fields behind the name %j', (comm) => {
    const { startTicks, state, isExiting, comm: parsed } = parsePidStat(statText(comm));
    expect({ startTicks, state, isExiting, parsed }).toEqual({
      startTicks: 130619,
      state: 'S',
      isExiting: false,
      parsed: comm,
    });
  });

  it('knows a thread that has begun to exit by its flags', () => {
    expect(parsePidStat(statText('cat', { state: 'Z', flags: 4227084 })).isExiting).toBe(true);
    expect(parsePidStat(statText('cat', { state: 'S', flags: 0x400004 })).isExiting).toBe(true);
  });

  it('finds the fields behind any name', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 15 }), fc.nat(), (comm, startTicks) => {
        const parsed = parsePidStat(statText(comm, { startTicks }));
        expect([parsed.comm, parsed.startTicks]).toEqual([comm, startTicks]);
      }),
    );
  });

  it('throws nothing but KernelFormatError for any text', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        try {
          parsePidStat(text);
        } catch (error) {
          expect(error).toBeInstanceOf(KernelFormatError);
        }
      }),
    );
  });

  it('throws KernelFormatError when the text ends early', () => {
    const text = statText('cat').split(' ').slice(0, 21).join(' ');
    expect(() => parsePidStat(text)).toThrow(KernelFormatError);
  });
});
