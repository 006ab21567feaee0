// /proc/swaps and /proc/meminfo tell of one swap.

import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readMemory } from '../../src/cgroup/memory.ts';
import { parseHostMemory } from '../../src/host/meminfo.ts';
import { renderMeminfo } from '../../src/render/meminfo.ts';
import { renderSwaps } from '../../src/render/swaps.ts';
import { takeMemoryView } from '../../src/view/memory.ts';
import { withFixture } from '../support/fixture.ts';
import { v1Reading, v2Reading } from '../support/memory-readings.ts';
import { kibOf } from '../support/proc-texts.ts';

const headers = [
  'Filename\t\t\t\tType\t\tSize\tUsed\tPriority\n',
  'Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n',
];

/** Size and use as swapon(8) and others read them: the third and fourth of all fields. */
function parseSwaps(text: string): { sizeKib: number; usedKib: number } {
  const [, line = ''] = text.split('\n');
  const [, , sizeKib = 0, usedKib = 0] = line.split(/\s+/);
  return { sizeKib: Number(sizeKib), usedKib: Number(usedKib) };
}

function swapIn(meminfo: string): { sizeKib: number; usedKib: number } {
  const totalKib = kibOf(meminfo, 'SwapTotal');
  return { sizeKib: totalKib, usedKib: totalKib - kibOf(meminfo, 'SwapFree') };
}

const bytes = fc.oneof(fc.nat(2 ** 30), fc.maxSafeNat());
const limit = fc.oneof(bytes, fc.constant(null));
const v1 = fc
  .record({
    limitInBytes: limit,
    memswLimitInBytes: fc.option(limit, { nil: undefined }),
    swappiness: fc.constantFrom(0, 60),
    swapped: bytes,
  })
  .map(({ swapped, ...given }) => v1Reading({ ...given, stat: { total_swap: swapped } }));
const v2 = fc
  .record({
    swapMaxBytes: fc.option(limit, { nil: undefined }),
    swapCurrentBytes: fc.option(bytes, { nil: undefined }),
  })
  .map(v2Reading);

test('renderSwaps() and renderMeminfo() agree for any limits, usages and hosts', () => {
  const hostKib = fc.oneof(fc.nat(64), fc.nat(2 ** 31));
  const shown = fc.record({ swap: fc.boolean(), zswap: fc.boolean() });
  fc.assert(
    fc.property(
      fc.oneof(v1, v2),
      hostKib,
      shown,
      fc.constantFrom(...headers),
      (reading, kib, of, header) => {
        const host = `MemTotal: 4096 kB\nSwapTotal: ${kib} kB\nSwapFree: 0 kB\n`;
        const view = takeMemoryView(reading, parseHostMemory(host), of);
        const swaps = renderSwaps(`${header}/dev/sda2 partition ${kib} 0 -2\n`, view.swap);
        expect(swaps.startsWith(header)).toBe(true);
        expect(parseSwaps(swaps)).toEqual(swapIn(renderMeminfo(host, view)));
        expect(swaps.split('\n')).toHaveLength(view.swap.totalKib > 0 ? 3 : 2);
      },
    ),
  );
});

describe('renderSwaps() agrees with the golden meminfo of', () => {
  const meminfoDir = join(dirname(fileURLToPath(import.meta.url)), '../golden/meminfo');
  test.each(readdirSync(meminfoDir))('%s', (name) => {
    const root = join(meminfoDir, name);
    const swap = withFixture(root, ({ cgroup, readHost }) => {
      const reading = readMemory(cgroup);
      return reading && takeMemoryView(reading, parseHostMemory(readHost('/proc/meminfo'))).swap;
    });
    const meminfo = readFileSync(join(root, 'expected'), 'latin1');
    if (swap === undefined) {
      // Without a reading both files are the host's.
      expect(meminfo).toBe(readFileSync(join(root, 'proc/meminfo'), 'latin1'));
      return;
    }
    const expected = swapIn(meminfo);
    for (const header of headers) expect(parseSwaps(renderSwaps(header, swap))).toEqual(expected);
  });
});
