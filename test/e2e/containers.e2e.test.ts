// Each container reads its own numbers at the same path, and what changes about it
// shows at the next read.

import { describe, expect, it } from 'vitest';
import { run } from '../support/commands.ts';
import { type Container, joinArgv, nsenterArgv } from '../support/containers.ts';
import { hostKibOf, onlineCpuCount } from '../support/host.ts';
import { cpuCountOf, kibOf, parseStat, parseUptime } from '../support/proc-texts.ts';
import { readIn, useServingScene } from '../support/serving-scene.ts';

const scene = useServingScene('cgroup:memory', 'cgroup:cpu');
const mib = 2 ** 20;

const memTotalIn = async (container: Container) =>
  kibOf(await readIn(container, 'meminfo'), 'MemTotal');
const cpuCountIn = async (container: Container) =>
  cpuCountOf(parseStat(await readIn(container, 'stat')));

describe('two containers', () => {
  it('read their own limits at the same path', async () => {
    const [small, large] = await Promise.all([
      scene().start({
        cgroup: scene().makeCgroup({ memoryBytes: 64 * mib, cpuQuotaUsec: 50_000 }),
      }),
      scene().start({
        cgroup: scene().makeCgroup({ memoryBytes: 160 * mib, cpuQuotaUsec: 150_000 }),
      }),
    ]);
    expect(await memTotalIn(small)).toBe(64 * 1024);
    expect(await memTotalIn(large)).toBe(160 * 1024);
    expect(await cpuCountIn(small)).toBe(1);
    expect(await cpuCountIn(large)).toBe(Math.min(2, onlineCpuCount()));
  });

  it('read their own age', async () => {
    const older = await scene().start();
    const later = performance.now();
    const younger = await scene().start();
    const youngerUptime = parseUptime(await readIn(younger, 'uptime'));
    const mostSec = (performance.now() - later) / 1000;
    const olderUptime = parseUptime(await readIn(older, 'uptime'));
    expect(youngerUptime.ageSec).toBeLessThanOrEqual(mostSec + 0.02);
    expect(olderUptime.ageSec).toBeGreaterThan(youngerUptime.ageSec);
  });
});

describe('a limit', () => {
  it('that is set, changed and taken away shows at the next read', async () => {
    const cgroup = scene().makeCgroup();
    const container = await scene().start({ cgroup });
    const host = await memTotalIn(container);
    for (const memoryBytes of [64 * mib, 96 * mib, 48 * mib]) {
      cgroup.setLimits({ memoryBytes });
      expect(await memTotalIn(container)).toBe(memoryBytes / 1024);
    }
    cgroup.setLimits({ memoryBytes: null });
    expect(await memTotalIn(container)).toBe(host);
  });

  it('of CPU time likewise', async () => {
    const cgroup = scene().makeCgroup();
    const container = await scene().start({ cgroup });
    expect(await cpuCountIn(container)).toBe(onlineCpuCount());
    cgroup.setLimits({ cpuQuotaUsec: 100_000 });
    expect(await cpuCountIn(container)).toBe(1);
    cgroup.setLimits({ cpuQuotaUsec: 100_001 });
    expect(await cpuCountIn(container)).toBe(Math.min(2, onlineCpuCount()));
    cgroup.setLimits({ cpuQuotaUsec: null });
    expect(await cpuCountIn(container)).toBe(onlineCpuCount());
  });

  it('above the machine is the machine', async () => {
    const cgroup = scene().makeCgroup({ memoryBytes: 2 ** 50, cpuQuotaUsec: 100_000_000 });
    const container = await scene().start({ cgroup });
    expect(await memTotalIn(container)).toBe(hostKibOf('MemTotal'));
    expect(await cpuCountIn(container)).toBe(onlineCpuCount());
  });

  it('of an ancestor counts where it is lower', async () => {
    const parent = scene().makeCgroup({ memoryBytes: 64 * mib, cpuQuotaUsec: 100_000 });
    const loose = parent.makeChild('loose', { memoryBytes: 128 * mib });
    const tight = parent.makeChild('tight', { memoryBytes: 32 * mib });
    expect(await memTotalIn(await scene().start({ cgroup: loose }))).toBe(64 * 1024);
    expect(await memTotalIn(await scene().start({ cgroup: tight }))).toBe(32 * 1024);
    expect(await cpuCountIn(await scene().start({ cgroup: loose }))).toBe(1);
  });
});

describe('the cgroup that counts', () => {
  it('is the one to which init was moved', async () => {
    const before = scene().makeCgroup({ memoryBytes: 64 * mib });
    const after = scene().makeCgroup({ memoryBytes: 96 * mib });
    const container = await scene().start({ cgroup: before });
    expect(await memTotalIn(container)).toBe(64 * 1024);
    after.addProcess(container.initPid);
    expect(await memTotalIn(container)).toBe(96 * 1024);
    before.addProcess(container.initPid);
    expect(await memTotalIn(container)).toBe(64 * 1024);
  });

  it('is not init.scope, into which systemd moves itself, but the one above', async () => {
    const cgroup = scene().makeCgroup({ memoryBytes: 64 * mib });
    const initScope = cgroup.makeChild('init.scope', { memoryBytes: 32 * mib });
    const container = await scene().start({ cgroup: initScope });
    expect(await memTotalIn(container)).toBe(64 * 1024);
  });

  it('is that of init, also for a reader in a sibling of it', async () => {
    const cgroup = scene().makeCgroup({ memoryBytes: 64 * mib });
    const container = await scene().start({ cgroup: cgroup.makeChild('init') });
    const apart = cgroup.makeChild('reader', { memoryBytes: 32 * mib });
    const reader = [...joinArgv(apart), ...nsenterArgv(container.initPid)];
    const { stdout } = await run([...reader, 'cat', '/proc/meminfo']);
    expect(kibOf(stdout, 'MemTotal')).toBe(64 * 1024);
  });

  it('may have memory alone under a controller', async () => {
    const cgroup = scene().makeCgroup();
    const child = cgroup.makeChild('memory-only', { memoryBytes: 64 * mib }, ['memory']);
    cgroup.setLimits({ cpuQuotaUsec: 100_000 });
    const container = await scene().start({ cgroup: child });
    expect(await memTotalIn(container)).toBe(64 * 1024);
    expect(await cpuCountIn(container)).toBe(1);
  });
});
