// Whole texts, byte by byte. test/golden/<entry>/<case>/ is a host and a reader
// (test/support/fixture.ts); its file `expected` is what the reader must see.
//
// `expected` is worked out by hand, or is what a real machine shows, before the
// code is asked. `npm run golden` writes what the code says instead: review the
// difference as you review code.

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { readMemory } from '../../src/cgroup/memory.ts';
import { parseHostMemory } from '../../src/host/meminfo.ts';
import { renderMeminfo } from '../../src/render/meminfo.ts';
import { takeMemoryView } from '../../src/view/memory.ts';
import { statTextOf, uptimeTextOf } from '../support/cpu-texts.ts';
import {
  cpuinfoTextOf,
  diskstatsTextOf,
  loadavgTextOf,
  slabinfoTextOf,
  swapsTextOf,
} from '../support/file-texts.ts';
import { type Fixture, withFixture } from '../support/fixture.ts';

/** How each entry is rendered; `undefined` when the reader gets the host's own text. */
const entries: Readonly<Record<string, (fixture: Fixture) => string | undefined>> = {
  meminfo: ({ cgroup, readHost }) => {
    const reading = readMemory(cgroup);
    const hostText = readHost('/proc/meminfo');
    if (reading === undefined) return undefined;
    return renderMeminfo(hostText, takeMemoryView(reading, parseHostMemory(hostText)));
  },
  cpuinfo: cpuinfoTextOf,
  diskstats: diskstatsTextOf,
  loadavg: loadavgTextOf,
  slabinfo: slabinfoTextOf,
  stat: statTextOf,
  swaps: swapsTextOf,
  uptime: uptimeTextOf,
};

const goldenDir = dirname(fileURLToPath(import.meta.url));
const isUpdate = process.env['GOLDEN_UPDATE'] === '1';

function foldersIn(path: string): string[] {
  const found = readdirSync(path, { withFileTypes: true });
  return found.filter((entry) => entry.isDirectory()).map(({ name }) => name);
}

test('every golden folder is one of a known entry', () => {
  expect(foldersIn(goldenDir).sort()).toEqual(Object.keys(entries).sort());
});

describe.each(Object.entries(entries))('%s', (entry, render) => {
  test.each(foldersIn(join(goldenDir, entry)))('%s', (name) => {
    const root = join(goldenDir, entry, name);
    const text = withFixture(
      root,
      (fixture) => render(fixture) ?? fixture.readHost(`/proc/${entry}`),
    );
    const expectedFile = join(root, 'expected');
    if (isUpdate) writeFileSync(expectedFile, text, 'latin1');
    expect(text).toBe(readFileSync(expectedFile, 'latin1'));
  });
});
