// The numbers of a container's /proc/meminfo against its cgroup's files.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { supports } from '../support/cgroup-hierarchies.ts';
import type { TestCgroup } from '../support/cgroups.ts';
import type { Container } from '../support/containers.ts';
import { hostKibOf, onlineCpuCount } from '../support/host.ts';
import { formOf, parseMeminfo } from '../support/proc-texts.ts';
import { compileProgram } from '../support/programs.ts';
import { readIn, useServingScene } from '../support/serving-scene.ts';
import { startWatched } from '../support/watched-process.ts';

const scene = useServingScene('cgroup:memory');
const mib = 2 ** 20;
/** Each CPU takes 64 pages in advance and counts them as used, or gives them back late. */
const inAdvanceKib = 4096;
/** Before Linux 5.13 each CPU keeps up to 32 pages of a number in memory.stat to itself, for good. */
const heldBackKib = 32 * 4 * onlineCpuCount();

type Meminfo = Record<string, number>;

async function meminfoIn(container: Container): Promise<Meminfo> {
  return Object.fromEntries(parseMeminfo(await readIn(container, 'meminfo')));
}

function usageKibOf(cgroup: TestCgroup): number {
  const [v1 = '', v2 = ''] = ['memory.usage_in_bytes', 'memory.current'].map((name) =>
    join(cgroup.dirOf('memory'), name),
  );
  return Math.floor(Number(readFileSync(existsSync(v2) ? v2 : v1, 'latin1')) / 1024);
}

function expectPlausible(meminfo: Meminfo): void {
  const { MemTotal = 0, MemFree = 0, MemAvailable = 0, SwapTotal = 0, SwapFree = 0 } = meminfo;
  expect(MemFree).toBeGreaterThanOrEqual(0);
  expect(MemFree).toBeLessThanOrEqual(MemAvailable);
  expect(MemAvailable).toBeLessThanOrEqual(MemTotal);
  expect(SwapFree).toBeGreaterThanOrEqual(0);
  expect(SwapFree).toBeLessThanOrEqual(SwapTotal);
  for (const label of ['Cached', 'Active', 'Inactive', 'AnonPages', 'Mapped', 'Shmem', 'Slab']) {
    expect(meminfo[label], label).toBeGreaterThanOrEqual(0);
    expect(meminfo[label], label).toBeLessThanOrEqual(MemTotal);
  }
}

describe('a container that takes memory', () => {
  it('sees it go, never more than its cgroup counts', async () => {
    const cgroup = scene().makeCgroup({ memoryBytes: 96 * mib });
    const container = await scene().start({ cgroup });
    const taking = startWatched(container.execArgv([compileProgram('allocate'), '40']));
    await taking.untilPrinted(/begins/);
    while (!taking.output().includes('holds')) {
      const before = usageKibOf(cgroup);
      const meminfo = await meminfoIn(container);
      const usedKib = 96 * 1024 - (meminfo['MemFree'] ?? 0);
      expectPlausible(meminfo);
      expect(usedKib).toBeGreaterThanOrEqual(before - inAdvanceKib);
      expect(usedKib).toBeLessThanOrEqual(usageKibOf(cgroup) + inAdvanceKib);
    }
    expect((await meminfoIn(container))['MemFree']).toBeLessThan((96 - 40) * 1024);
    // The kernel adds up memory.stat every two seconds.
    const anonOf = async () => (await meminfoIn(container))['AnonPages'];
    await expect.poll(anonOf, { timeout: 30_000 }).toBeGreaterThanOrEqual(40 * 1024 - heldBackKib);
  });

  it('at its limit has none left and still plausible numbers', async () => {
    const noSwap = supports('swap') ? { swapBytes: 0 } : {};
    const cgroup = scene().makeCgroup({ memoryBytes: 24 * mib, ...noSwap });
    const container = await scene().start({ cgroup });
    // The kernel ends it half-way.
    const { status } = await container.exec([compileProgram('allocate'), '64']);
    expect(status).toBe(137);
    const meminfo = await meminfoIn(container);
    expectPlausible(meminfo);
    expect(meminfo['MemTotal']).toBe(24 * 1024);
  });
});

describe('files', () => {
  it('of a tmpfs count as Shmem and Cached, and are not available', async () => {
    const cgroup = scene().makeCgroup({ memoryBytes: 64 * mib });
    const container = await scene().start({ cgroup });
    const write = 'mount -t tmpfs none /mnt && head -c 16777216 /dev/zero > /mnt/file';
    await container.exec(['sh', '-c', write]);
    const writtenKib = 16 * 1024 - heldBackKib;
    const shmemOf = async () => (await meminfoIn(container))['Shmem'];
    await expect.poll(shmemOf, { timeout: 30_000 }).toBeGreaterThanOrEqual(writtenKib);
    const { Cached = 0, MemAvailable = 0, ...rest } = await meminfoIn(container);
    expectPlausible({ Cached, MemAvailable, ...rest });
    expect(Cached).toBeGreaterThanOrEqual(writtenKib);
    expect(MemAvailable).toBeLessThanOrEqual(64 * 1024 - writtenKib);
  });
});

describe('the lines', () => {
  it('are those of the host in the same order and form', async () => {
    const container = await scene().start();
    const text = await readIn(container, 'meminfo');
    expect(formOf(text)).toBe(formOf(readFileSync('/proc/meminfo', 'latin1')));
    expect(text).toMatch(/^MemTotal: {1,8}\d+ kB\n/);
    expect(text.split('\n')[1]).toHaveLength('MemFree:        22628324 kB'.length);
  });

  it('have the whole memory of the host without a limit', async () => {
    const { MemTotal } = await meminfoIn(await scene().start());
    expect(MemTotal).toBe(hostKibOf('MemTotal'));
  });
});

describe('swap', () => {
  it('is at most the host has', async () => {
    const cgroup = scene().makeCgroup({ memoryBytes: 32 * mib });
    const meminfo = await meminfoIn(await scene().start({ cgroup }));
    expectPlausible(meminfo);
    expect(meminfo['SwapTotal']).toBeLessThanOrEqual(hostKibOf('SwapTotal') ?? 0);
  });

  it('is what the cgroup limits it to, read by read', async (ctx) => {
    ctx.skip(!supports('swap'), 'needs a cgroup hierarchy with swap');
    const hostKib = hostKibOf('SwapTotal') ?? 0;
    ctx.skip(hostKib === 0, 'needs a machine with swap');
    const cgroup = scene().makeCgroup({ memoryBytes: 32 * mib });
    const container = await scene().start({ cgroup });
    for (const swapMib of [16, 0, 8, 4096]) {
      cgroup.setLimits({ memoryBytes: 32 * mib, swapBytes: swapMib * mib });
      const meminfo = await meminfoIn(container);
      expectPlausible(meminfo);
      expect(meminfo['SwapTotal']).toBe(Math.min(swapMib * 1024, hostKib));
    }
  });
});

describe('swap in use', () => {
  it('is missing from SwapFree, which never falls below 0', async (ctx) => {
    ctx.skip(!supports('swap'), 'needs a cgroup hierarchy with swap');
    ctx.skip((hostKibOf('SwapTotal') ?? 0) === 0, 'needs a machine with swap');
    const cgroup = scene().makeCgroup({ memoryBytes: 24 * mib, swapBytes: 40 * mib });
    const container = await scene().start({ cgroup });
    const taking = startWatched(container.execArgv([compileProgram('allocate'), '36']));
    await taking.untilPrinted(/holds/);
    const usedOf = async () => {
      const { SwapTotal = 0, SwapFree = 0 } = await meminfoIn(container);
      return SwapTotal - SwapFree;
    };
    await expect.poll(usedOf, { timeout: 30_000 }).toBeGreaterThanOrEqual(8 * 1024);
    expectPlausible(await meminfoIn(container));
    // v1 refuses a limit below the usage.
    if (!existsSync(join(cgroup.dirOf('memory'), 'memory.swap.max'))) return;
    cgroup.setLimits({ swapBytes: 2 * mib });
    expect(await meminfoIn(container)).toMatchObject({ SwapTotal: 2048, SwapFree: 0 });
  });
});
