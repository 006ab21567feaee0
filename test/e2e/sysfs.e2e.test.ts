// /sys/devices/system/cpu and node in containers: they agree with /proc, they are whole, and one
// container's readings do not touch another's.

import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { CgroupLimits } from '../support/cgroup-limits.ts';
import type { Container } from '../support/containers.ts';
import { startDaemon } from '../support/daemon.ts';
import { onlineCpuCount } from '../support/host.ts';
import { kibOf } from '../support/proc-texts.ts';
import { compileProgram } from '../support/programs.ts';
import { outputIn, useServingScene } from '../support/serving-scene.ts';
import { servedTrees, startWithSystem, systemDir } from '../support/system-mounts.ts';

const scene = useServingScene('cgroup:cpu', 'cgroup:cpuset', 'cgroup:memory');
const cpuDir = `${systemDir}/cpu`;
const mib = 2 ** 20;

const start = (limits: CgroupLimits, mountPoint?: string) =>
  startWithSystem(scene(), scene().makeCgroup(limits), mountPoint);

const wordsIn = async (container: Container, script: string): Promise<string[]> =>
  (await outputIn(container, ['sh', '-c', script])).split(/\s+/).filter((word) => word !== '');

/** How many CPUs each file and program tells of. */
async function countsIn(container: Container): Promise<number[]> {
  const numbers = await wordsIn(
    container,
    `cd ${cpuDir}; getconf _NPROCESSORS_CONF; getconf _NPROCESSORS_ONLN
     ls -d cpu[0-9]* | wc -l; grep -c ^processor /proc/cpuinfo; grep -c '^cpu[0-9]' /proc/stat`,
  );
  const lists = await wordsIn(container, `cd ${cpuDir}; cat online possible present`);
  return [...numbers.map(Number), ...lists.map((list) => Number(list.split('-').at(-1)) + 1)];
}

describe('the number of CPUs', () => {
  it.each([
    ['a quota of half a CPU', { cpuQuotaUsec: 50_000 }, 1],
    ['a quota of one', { cpuQuotaUsec: 100_000 }, 1],
    ['a quota of one and a half', { cpuQuotaUsec: 150_000 }, 2],
    ['a cpuset of one', { cpusetCpus: '0' }, 1],
    ['no limit', {}, onlineCpuCount()],
  ] as const)('by %s is the same everywhere', async (_limit, limits, count) => {
    const container = await start(limits);
    const counts = await countsIn(container);
    const expected = Math.min(count, onlineCpuCount());
    expect(new Set(counts)).toEqual(new Set([expected]));
    // It takes 1 and 2 for a sign that /sys is not mounted, and asks sched_getaffinity(2) as well.
    const [all = 0, allowed = 0] = (await wordsIn(container, 'nproc --all; nproc')).map(Number);
    expect(all).toBe(expected > 2 ? expected : Math.max(expected, allowed));
  });

  it('is that of lscpu', async (ctx) => {
    ctx.skip(!existsSync('/usr/bin/lscpu'), "needs lscpu of Debian's package util-linux");
    const container = await start({ cpuQuotaUsec: 100_000 });
    const { lscpu } = JSON.parse(await outputIn(container, ['lscpu', '--json'])) as {
      lscpu: { field: string; data: string }[];
    };
    const told = (field: string) => lscpu.find((row) => row.field === `${field}:`)?.data;
    expect(told('CPU(s)')).toBe('1');
    expect(told('On-line CPU(s) list')).toBe('0');
    expect(Number(told('Socket(s)')) * Number(told('Core(s) per socket'))).toBe(1);
  });

  it('shows at the next reading when the quota changes', async () => {
    const cgroup = scene().makeCgroup({ cpuQuotaUsec: 100_000 });
    const container = await startWithSystem(scene(), cgroup);
    expect(new Set(await countsIn(container))).toEqual(new Set([1]));
    cgroup.setLimits({ cpuQuotaUsec: null });
    expect(new Set(await countsIn(container))).toEqual(new Set([onlineCpuCount()]));
  });

  it('is that of the cpuset with --cpus cpuset', async (ctx) => {
    ctx.skip(onlineCpuCount() < 2, 'needs two CPUs');
    const daemon = await startDaemon({ args: ['--cpus', 'cpuset'] });
    scene().teardown.add(() => daemon.stop());
    const quota = await start({ cpuQuotaUsec: 50_000 }, daemon.mountPoint);
    expect(new Set(await countsIn(quota))).toEqual(new Set([onlineCpuCount()]));
    const second = await start({ cpusetCpus: '1' }, daemon.mountPoint);
    expect(new Set(await countsIn(second))).toEqual(new Set([1]));
    const idOf = (cpu: number) => readFileSync(`${cpuDir}/cpu${cpu}/topology/core_id`, 'latin1');
    expect(await outputIn(second, ['cat', `${cpuDir}/cpu0/topology/core_id`])).toBe(idOf(1));
    await second.stop();
    await quota.stop();
  });
});

describe('the trees of a container', () => {
  it('can be listed without an error, and no link leads nowhere', async () => {
    const container = await start({ cpuQuotaUsec: 100_000 });
    for (const tree of servedTrees()) {
      const listed = await outputIn(container, ['ls', '-lR', `${systemDir}/${tree}`]);
      expect(listed.split('\n').length).toBeGreaterThan(10);
      expect(await outputIn(container, ['find', `${systemDir}/${tree}`, '-xtype', 'l'])).toBe('');
    }
  });

  it('can be listed in small pieces', async () => {
    const container = await start({});
    const names = await wordsIn(container, `ls -a ${cpuDir}`);
    const pieces = await outputIn(container, [compileProgram('list-in-pieces'), cpuDir]);
    expect(pieces.trim().split('\n').sort()).toEqual([...names].sort());
  });

  it('have no CPU beyond the last', async () => {
    const container = await start({ cpuQuotaUsec: 100_000 });
    for (const path of ['cpu1', 'cpu1/topology', 'cpu1/topology/core_id', 'cpu1/online']) {
      const { status, stderr } = await container.exec(['stat', `${cpuDir}/${path}`]);
      expect({ path, status }).toEqual({ path, status: 1 });
      expect(stderr).toContain('No such file or directory');
    }
  });

  it('cannot be written to', async () => {
    const container = await start({});
    // Both can be written on the host; the first is not there without power management.
    const writable = [`${cpuDir}/cpu0/power/control`, `${cpuDir}/cpu0/uevent`];
    const file = writable.find((path) => existsSync(path)) ?? '';
    const before = readFileSync(file, 'latin1');
    for (const script of [`echo on > ${file}`, `mkdir ${cpuDir}/new`, `rm ${file}`]) {
      const { status, stderr } = await container.exec(['sh', '-c', script]);
      expect(status).not.toBe(0);
      expect(stderr).toContain('Read-only file system');
    }
    expect(readFileSync(file, 'latin1')).toBe(before);
  });

  it('tell of memory as /proc/meminfo does, where there is one node', async (ctx) => {
    const online = servedTrees().includes('node')
      ? readFileSync(`${systemDir}/node/online`, 'latin1').trim()
      : 'none';
    ctx.skip(online !== '0', 'needs one node of memory');
    const container = await start({ memoryBytes: 64 * mib });
    const text = await outputIn(container, ['cat', `${systemDir}/node/node0/meminfo`]);
    const own = kibOf(text.replaceAll(/^Node 0 /gm, ''), 'MemTotal');
    expect(own).toBe(64 * 1024);
    expect(own).toBe(kibOf(await outputIn(container, ['cat', '/proc/meminfo']), 'MemTotal'));
  });
});

describe('two containers at once', () => {
  it('never see what the other has', async (ctx) => {
    ctx.skip(onlineCpuCount() < 2, 'needs two CPUs');
    const [one, two] = await Promise.all([
      start({ cpuQuotaUsec: 100_000 }),
      start({ cpuQuotaUsec: 200_000 }),
    ]);
    const round = `ls -d cpu[0-9]* | wc -l; cat online cpu0/topology/core_siblings_list
      find . -type f | wc -l; find . -path './cpu*' -name core_id | xargs cat | wc -l
      (cat cpu1/topology/core_id 2>/dev/null || echo none) | wc -w`;
    // For some seconds: a round takes longer on a slow machine.
    const rounds = `cd ${cpuDir}; end=$(($(date +%s) + 4))
      while (${round}) | xargs; [ $(date +%s) -lt $end ]; do :; done`;
    const outputs = await Promise.all(
      [one, two, one, two].map((container) => outputIn(container, ['sh', '-c', rounds])),
    );
    const seen = outputs.map((output) => [...new Set(output.trim().split('\n'))]);
    expect(seen.map((lines) => lines.length)).toEqual([1, 1, 1, 1]);
    expect(seen[2]).toEqual(seen[0]);
    expect(seen[3]).toEqual(seen[1]);
    expect(seen[0]?.[0]).toMatch(/^1 0 0 /);
    expect(seen[1]?.[0]).toMatch(/^2 0-1 /);
  });

  it('leave alone what the other has mounted on its CPUs', async (ctx) => {
    ctx.skip(onlineCpuCount() < 2, 'needs two CPUs');
    const two = await start({ cpuQuotaUsec: 200_000 });
    const one = await start({ cpuQuotaUsec: 100_000 });
    const masked = `${cpuDir}/cpu1/topology/core_id`;
    await outputIn(two, ['mount', '--bind', '/dev/null', masked]);
    const visit = `cd ${cpuDir}; ls cpu1; stat cpu1/topology; mkdir cpu1; mkdir cpu1/topology
      ls -lR . ; cat cpu1/topology/core_id; rmdir cpu1; mv cpu1 cpu2; ln -s x cpu1`;
    await one.exec(['sh', '-c', visit]);
    expect(await outputIn(two, ['cat', masked])).toBe('');
    expect(await outputIn(two, ['grep', '-c', masked, '/proc/self/mountinfo'])).toBe('1\n');
  });
});
