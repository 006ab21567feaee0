// Readers with small buffers, offsets and several open files: each pass over a file
// gives one text.

import { describe, expect, it } from 'vitest';
import type { Container } from '../support/containers.ts';
import { fallenCounters, formOf, parseStat, sumsOf } from '../support/proc-texts.ts';
import { busyLoop, compileProgram } from '../support/programs.ts';
import { outputIn, readIn, useServingScene } from '../support/serving-scene.ts';
import { startWatched } from '../support/watched-process.ts';

const scene = useServingScene('cgroup:memory', 'cgroup:cpu');
const whole = '1048576';

let started: Promise<Container> | undefined;

/** One container for all tests, in which something runs, so that its numbers move. */
function busyContainer(): Promise<Container> {
  const start = async (): Promise<Container> => {
    const cgroup = scene().makeCgroup({ memoryBytes: 64 * 2 ** 20, cpuQuotaUsec: 150_000 });
    const container = await scene().start({ cgroup });
    startWatched(container.execArgv(busyLoop()));
    return container;
  };
  started ??= start();
  return started;
}

/** What each read got; see test/support/programs/reads.c. */
async function reads(file: string, ...wanted: readonly string[]): Promise<string[]> {
  const argv = [compileProgram('reads'), `/proc/${file}`, ...wanted];
  return (await outputIn(await busyContainer(), argv)).split('\f').slice(0, -1);
}

/** Which characters are numbers, and where; the lines of meminfo have fixed columns. */
const columnsOf = (text: string): string => text.replace(/[ \d]/g, '#');

function expectOneStat(text: string): void {
  const stat = parseStat(text);
  expect(stat.cpus.get('cpu')).toEqual(sumsOf(stat));
  expect(text).toMatch(/^cpu {2}.*\nprocs_blocked \d+\n/s);
}

describe('a reader with a small buffer', () => {
  it.each([
    ['meminfo', 1],
    ['meminfo', 7],
    ['meminfo', 1000],
    ['stat', 7],
    ['stat', 16],
    ['uptime', 1],
  ] as const)('of %s, %i bytes at a time, gets one whole text', async (file, bytes) => {
    const container = await busyContainer();
    const argv = ['dd', `if=/proc/${file}`, `bs=${bytes}`, 'status=none'];
    const text = await outputIn(container, argv);
    expect(formOf(text)).toBe(formOf(await readIn(container, file)));
    if (file === 'stat') expectOneStat(text);
  });
});

describe('a reader that goes on reading', () => {
  it('gets the end of the file again and again', async () => {
    const [text = '', ...ends] = await reads('stat', `0:${whole}`, '0:100', '0:100');
    expectOneStat(text);
    expect(ends).toEqual(['', '']);
  });

  it('from the beginning gets a text of that moment', async () => {
    const texts = await reads('stat', `0:${whole}@0`, `0:${whole}@0`, `0:${whole}@0`);
    for (const text of texts) expectOneStat(text);
    expect(fallenCounters(texts.map(parseStat))).toEqual([]);
  });

  it('somewhere else gets that part', async () => {
    const text = columnsOf(await readIn(await busyContainer(), 'meminfo'));
    const [odd, far, next, before, rest] = await reads(
      'meminfo',
      ...['0:20@5', '0:301@333', '0:16', '0:20@1', `0:${whole}`],
    );
    expect(columnsOf(odd ?? '')).toBe(text.slice(5, 25));
    expect(columnsOf(far ?? '')).toBe(text.slice(333, 634));
    expect(columnsOf(next ?? '')).toBe(text.slice(0, 16));
    expect(columnsOf(before ?? '')).toBe(text.slice(1, 21));
    expect(columnsOf(rest ?? '')).toBe(text.slice(16));
  });

  it('beyond the end gets nothing', async () => {
    const wanted = ['0:10@100000', `0:10@${2 ** 40}`, `0:10@${2 ** 63 - 2 ** 20}`];
    expect(await reads('uptime', ...wanted)).toEqual(['', '', '']);
  });
});

describe('two open files', () => {
  it('read in turn give each its own text', async () => {
    const wanted = ['0:10', '1:33', '0:100', '1:7', `0:${whole}`, `1:${whole}`];
    const pieces = await reads('stat', ...wanted);
    const textOf = (fd: string) => pieces.filter((_, index) => wanted[index]?.startsWith(fd));
    expectOneStat(textOf('0').join(''));
    expectOneStat(textOf('1').join(''));
  });
});

describe('programs that read in ways of their own', () => {
  it.each([
    ['head -c 30 /proc/meminfo', (text: string) => text.slice(0, 30)],
    ['head -n 3 /proc/meminfo', (text: string) => linesOf(text).slice(0, 3).join('')],
    ['tail -c 30 /proc/meminfo', (text: string) => text.slice(-30)],
    ['tail -n 2 /proc/meminfo', (text: string) => linesOf(text).slice(-2).join('')],
    ['tail -n +3 /proc/meminfo', (text: string) => linesOf(text).slice(2).join('')],
    ['dd if=/proc/meminfo bs=64 skip=2 status=none', (text: string) => text.slice(128)],
    ['grep "" /proc/meminfo', (text: string) => text],
    ['cat /proc/meminfo | cat', (text: string) => text],
    ['cp /proc/meminfo /mnt/copy && cat /mnt/copy', (text: string) => text],
    ['cat /proc/meminfo > /mnt/copy && cat /mnt/copy', (text: string) => text],
  ])('%s', async (command, expected) => {
    const container = await busyContainer();
    const text = await readIn(container, 'meminfo');
    const prepared = `mountpoint -q /mnt || mount -t tmpfs none /mnt; ${command}`;
    const output = await outputIn(container, ['sh', '-c', prepared]);
    expect(columnsOf(output)).toBe(columnsOf(expected(text)));
  });

  it('wc counts what is there', async () => {
    const container = await busyContainer();
    const text = await readIn(container, 'meminfo');
    const counts = await outputIn(container, ['sh', '-c', 'wc -lc < /proc/meminfo']);
    expect(counts.trim().split(/\s+/).map(Number)).toEqual([linesOf(text).length, text.length]);
  });
});

function linesOf(text: string): string[] {
  return text.split(/(?<=\n)/);
}
