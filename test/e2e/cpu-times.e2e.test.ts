// The numbers of a container's /proc/stat and /proc/uptime against its cgroup's files.

import { describe, expect, it } from 'vitest';
import { supports } from '../support/cgroup-hierarchies.ts';
import type { TestCgroup } from '../support/cgroups.ts';
import type { Container } from '../support/containers.ts';
import { readUsedUsec } from '../support/cpu-usage.ts';
import { onlineCpuCount } from '../support/host.ts';
import {
  cpuCountOf,
  fallenCounters,
  parseStat,
  parseUptime,
  type Stat,
  splitStats,
  sumsOf,
  usedTicksOf,
} from '../support/proc-texts.ts';
import { busyLoop, compileProgram } from '../support/programs.ts';
import { outputIn, readIn, useServingScene } from '../support/serving-scene.ts';
import { startWatched } from '../support/watched-process.ts';

const scene = useServingScene('cgroup:cpu', 'cgroup:cpuacct');
const usecPerTick = 10_000;

async function startIn(cgroup: TestCgroup): Promise<Container> {
  return scene().start({ cgroup });
}

const statIn = async (container: Container) => parseStat(await readIn(container, 'stat'));

describe('the cpu lines of /proc/stat', () => {
  it('are one for each CPU, numbered from 0, and their sum', async () => {
    const container = await startIn(scene().makeCgroup());
    await outputIn(container, [compileProgram('spin'), '300']);
    const stat = await statIn(container);
    const labels = Array.from({ length: onlineCpuCount() }, (_, cpu) => `cpu${cpu}`);
    expect([...stat.cpus.keys()]).toEqual(['cpu', ...labels]);
    expect(sumsOf(stat)).toEqual(stat.cpus.get('cpu'));
  });

  it('count what the cgroup used', async () => {
    const cgroup = scene().makeCgroup();
    const container = await startIn(cgroup);
    await outputIn(container, [compileProgram('spin'), '1000']);
    const before = readUsedUsec(cgroup);
    const stat = await statIn(container);
    const after = readUsedUsec(cgroup);
    // Every counter of every line is cut off to whole ticks.
    const cutOff = 3 * onlineCpuCount();
    expect(usedTicksOf(stat)).toBeGreaterThan(before / usecPerTick - cutOff);
    expect(usedTicksOf(stat)).toBeLessThanOrEqual(after / usecPerTick);
    expect(before).toBeGreaterThanOrEqual(1e6);
  });

  it('count a busy second as user time', async () => {
    const container = await startIn(scene().makeCgroup());
    const userTicksOf = async () => (await statIn(container)).cpus.get('cpu')?.[0] ?? 0;
    const before = await userTicksOf();
    await outputIn(container, [compileProgram('spin'), '1000']);
    const growth = (await userTicksOf()) - before;
    // The kernel samples which time is user's; starting programs costs a little more.
    expect(growth).toBeGreaterThanOrEqual(70);
    expect(growth).toBeLessThanOrEqual(400);
  });

  it('count idle time as time passes', async () => {
    const container = await startIn(scene().makeCgroup({ cpuQuotaUsec: 100_000 }));
    const { cpus } = await statIn(container);
    const { ageSec } = parseUptime(await readIn(container, 'uptime'));
    const [, , , idle = 0, ...others] = cpus.get('cpu') ?? [];
    expect(idle).toBeLessThanOrEqual(ageSec * 100 + 1);
    expect(others.every((counter) => counter === 0)).toBe(true);
  });
});

describe('the counters of /proc/stat', () => {
  it('never fall, whoever reads, while quota and cpuset change', async () => {
    const cgroup = scene().makeCgroup();
    const container = await startIn(cgroup);
    startWatched(container.execArgv(busyLoop()));
    const hasCpuset = supports('cpuset') && onlineCpuCount() > 1;
    const readings: Stat[] = [];
    for (let round = 0; round < 10; round += 1) {
      cgroup.setLimits({ cpuQuotaUsec: [100_000, 150_000, null][round % 3] ?? null });
      if (hasCpuset) cgroup.setLimits({ cpusetCpus: ['0', '0-1', '1'][(round >> 1) % 3] ?? '0' });
      const loop = 'for i in 1 2 3 4 5 6 7 8 9 10; do cat /proc/stat; done';
      const texts = await Promise.all([
        outputIn(container, ['sh', '-c', loop]),
        outputIn(container, ['sh', '-c', loop]),
      ]);
      const [mine = [], others = []] = texts.map(splitStats);
      expect(fallenCounters(others)).toEqual([]);
      readings.push(...mine);
    }
    await container.stop();
    expect(readings).toHaveLength(100);
    expect(fallenCounters(readings)).toEqual([]);
    expect(readings.map((stat) => sumsOf(stat))).toEqual(
      readings.map(({ cpus }) => cpus.get('cpu')),
    );
  });

  it('show the CPUs of the cpuset', async (ctx) => {
    ctx.skip(!supports('cpuset'), 'needs a cgroup hierarchy with cpuset');
    ctx.skip(onlineCpuCount() < 2, 'needs two CPUs');
    const cgroup = scene().makeCgroup({ cpusetCpus: '1' });
    const container = await startIn(cgroup);
    expect([...(await statIn(container)).cpus.keys()]).toEqual(['cpu', 'cpu0']);
    cgroup.setLimits({ cpusetCpus: '0-1' });
    expect(cpuCountOf(await statIn(container))).toBe(2);
    cgroup.setLimits({ cpuQuotaUsec: 100_000 });
    expect(cpuCountOf(await statIn(container))).toBe(1);
  });
});

describe('the other lines of /proc/stat', () => {
  it('btime agrees with uptime', async () => {
    const container = await startIn(scene().makeCgroup());
    const { values } = await statIn(container);
    const { ageSec } = parseUptime(await readIn(container, 'uptime'));
    const began = Date.now() / 1000 - ageSec;
    expect(Math.abs((values.get('btime') ?? 0) - began)).toBeLessThanOrEqual(2);
  });

  it('procs_running counts the tasks of the container alone', async () => {
    const quiet = await startIn(scene().makeCgroup());
    const busy = await startIn(scene().makeCgroup());
    const spin = `${compileProgram('spin')} 3600000`;
    startWatched(busy.execArgv(['sh', '-c', `${spin} & ${spin}`]));
    const runningIn = async (container: Container) =>
      (await statIn(container)).values.get('procs_running');
    await expect.poll(() => runningIn(busy), { timeout: 30_000 }).toBe(2);
    expect(await runningIn(quiet)).toBe(1);
    await busy.stop();
  });
});

describe('/proc/uptime', () => {
  it('has as idle what the CPUs had in that time and did not use', async () => {
    const cgroup = scene().makeCgroup();
    const container = await startIn(cgroup);
    await outputIn(container, [compileProgram('spin'), '500']);
    const before = readUsedUsec(cgroup);
    const { ageSec, idleSec } = parseUptime(await readIn(container, 'uptime'));
    const after = readUsedUsec(cgroup);
    const allSec = ageSec * onlineCpuCount();
    // Both numbers are cut off to hundredths of a second.
    expect(idleSec).toBeGreaterThanOrEqual(Math.max(0, allSec - after / 1e6 - 0.02));
    expect(idleSec).toBeLessThanOrEqual(
      Math.max(0, allSec + 0.01 * onlineCpuCount() - before / 1e6),
    );
  });
});
