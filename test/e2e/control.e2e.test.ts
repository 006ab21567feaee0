// Switches of a running daemon: what containers see follows at once, and no reader notices more.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Container } from '../support/containers.ts';
import { startDaemon } from '../support/daemon.ts';
import { hostKibOf, onlineCpuCount } from '../support/host.ts';
import { runNsproc } from '../support/nsproc-process.ts';
import { kibOf } from '../support/proc-texts.ts';
import { missing } from '../support/requirements.ts';
import { slowness } from '../support/resolvers.ts';
import { outputIn, useServingScene } from '../support/serving-scene.ts';
import { servedTrees, startWithSystem, systemDir } from '../support/system-mounts.ts';

const needs = ['cgroup:memory', 'cgroup:cpu', 'cgroup:cpuset'] as const;
const scene = useServingScene(...needs);
const mib = 2 ** 20;
const ownKib = 64 * 1024;
const patience = { timeout: 20_000 * slowness, interval: 100 };

let container: Container;

beforeAll(async () => {
  if (missing('root', 'fuse', ...needs) !== undefined) return;
  const limits = { memoryBytes: 64 * mib, cpuQuotaUsec: 100_000 };
  container = await startWithSystem(scene(), scene().makeCgroup(limits));
});

afterEach(async () => {
  for (const name of ['virtualization', 'swap', 'loadavg', 'cpus']) await set(name, 'default');
});

async function set(name: string, value: string, { mountPoint } = scene().daemon): Promise<void> {
  const outcome = await runNsproc(['set', name, value, '--mount-point', mountPoint]);
  expect(outcome).toMatchObject({ status: 0, stderr: '' });
}

const memTotalIn = async () =>
  kibOf(await outputIn(container, ['cat', '/proc/meminfo']), 'MemTotal');
const onlineIn = async () => (await outputIn(container, ['cat', `${systemDir}/cpu/online`])).trim();
const hostOnline = () => readFileSync(`${systemDir}/cpu/online`, 'latin1').trim();

/** CPUs by stat, by the directories of sysfs, and by getconf. */
async function cpusIn(): Promise<number[]> {
  const script = `grep -c '^cpu[0-9]' /proc/stat; ls -d ${systemDir}/cpu/cpu[0-9]* | wc -l
    getconf _NPROCESSORS_ONLN; grep -c ^processor /proc/cpuinfo`;
  return (await outputIn(container, ['sh', '-c', script])).trim().split('\n').map(Number);
}

describe('virtualization', () => {
  it("off shows the host's files, on the container's", async () => {
    expect(await memTotalIn()).toBe(ownKib);
    await set('virtualization', 'off');
    expect(await memTotalIn()).toBe(hostKibOf('MemTotal'));
    expect(await onlineIn()).toBe(hostOnline());
    expect(new Set(await cpusIn())).toEqual(new Set([onlineCpuCount()]));
    await set('virtualization', 'on');
    expect(await memTotalIn()).toBe(ownKib);
    expect(await onlineIn()).toBe('0');
    expect(new Set(await cpusIn())).toEqual(new Set([1]));
  });

  it('is toggled by SIGUSR2', async () => {
    const { daemon } = scene();
    process.kill(daemon.pid, 'SIGUSR2');
    await vi.waitFor(async () => expect(await memTotalIn()).toBe(hostKibOf('MemTotal')), patience);
    process.kill(daemon.pid, 'SIGUSR2');
    await vi.waitFor(async () => expect(await memTotalIn()).toBe(ownKib), patience);
    expect(daemon.log()).toContain('set by SIGUSR2');
  });

  it('can be off at the start', async () => {
    const daemon = await startDaemon({ args: ['--virtualization', 'off'] });
    try {
      const file = `${daemon.mountPoint}/proc/meminfo`;
      const cgroup = scene().makeCgroup({ memoryBytes: 64 * mib });
      const other = await scene().start({ cgroup, mounts: [[file, '/proc/meminfo']] });
      const total = async () => kibOf(await outputIn(other, ['cat', '/proc/meminfo']), 'MemTotal');
      expect(await total()).toBe(hostKibOf('MemTotal'));
      expect(daemon.log()).toContain('virtualization is off');
      await set('virtualization', 'on', daemon);
      expect(await total()).toBe(ownKib);
      await other.stop();
    } finally {
      await daemon.stop();
    }
  });
});

/** Reads everything for ever, and ends with an error at the first one. */
function readUntil(stopFile: string): string {
  const trees = servedTrees().map((tree) => `${systemDir}/${tree}`);
  const texts = ['meminfo', 'stat', 'uptime', 'cpuinfo'].map((file) => `/proc/${file}`);
  // A shell reads its input byte by byte: the first line is 20 reads of one text.
  return `turns=0
    while [ ! -e ${stopFile} ]; do
      read -r name kib unit </proc/meminfo
      case "$name $kib $unit" in
        "MemTotal: ${ownKib} kB" | "MemTotal: ${hostKibOf('MemTotal')} kB") ;;
        *) echo "MemTotal is $name $kib $unit"; exit 1 ;;
      esac
      cat ${texts.join(' ')} ${systemDir}/cpu/online >/dev/null || exit 2
      ls ${trees.join(' ')} >/dev/null || exit 3
      turns=$((turns + 1))
    done
    echo $turns`;
}

describe('virtualization turned off and on again and again', () => {
  it('is no error for anybody who reads', async () => {
    const stopFile = join(scene().teardown.makeDir(), 'stop');
    const script = readUntil(stopFile);
    const readers = [1, 2].map(() => outputIn(container, ['sh', '-c', script]));
    const { daemon } = scene();
    for (let turn = 0; turn < 40 * slowness; turn++) {
      process.kill(daemon.pid, 'SIGUSR2');
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    writeFileSync(stopFile, '');
    for (const turns of await Promise.all(readers)) expect(Number(turns)).toBeGreaterThan(5);
  });
});

describe('cpus', () => {
  it('decides between quota and cpuset in proc and sysfs alike', async () => {
    await set('cpus', 'cpuset');
    expect(new Set(await cpusIn())).toEqual(new Set([onlineCpuCount()]));
    await set('cpus', 'quota');
    expect(new Set(await cpusIn())).toEqual(new Set([1]));
  });
});

describe('loadavg', () => {
  const loadIn = (other: Container) => outputIn(other, ['cat', '/proc/loadavg']);
  const totalOf = (text: string) => Number(/\/(\d+) /.exec(text)?.[1]);

  it('off and on again, also where it was off at the start', async () => {
    const daemon = await startDaemon({ args: ['--loadavg', 'off'] });
    try {
      const source = `${daemon.mountPoint}/proc/loadavg`;
      const other = await scene().start({ mounts: [[source, '/proc/loadavg']] });
      expect(totalOf(await loadIn(other))).toBeGreaterThan(20);
      await set('loadavg', 'on', daemon);
      expect(totalOf(await loadIn(other))).toBeLessThan(10);
      await set('loadavg', 'off', daemon);
      expect(totalOf(await loadIn(other))).toBeGreaterThan(20);
      await other.stop();
    } finally {
      await daemon.stop();
    }
  });

  it('counts what runs from the moment it is on', async () => {
    const command = ['sh', '-c', 'while :; do :; done'];
    const source = `${scene().daemon.mountPoint}/proc/loadavg`;
    await set('loadavg', 'off');
    const other = await scene().start({ command, mounts: [[source, '/proc/loadavg']] });
    await set('loadavg', 'on');
    await vi.waitFor(async () => {
      expect(Number((await loadIn(other)).split(' ')[0])).toBeGreaterThan(0.05);
    }, patience);
    await other.stop();
  });
});

describe('swap', () => {
  it('off hides what the container has of it', async (ctx) => {
    const lacking = missing('cgroup:swap');
    ctx.skip(lacking !== undefined, lacking);
    ctx.skip((hostKibOf('SwapTotal') ?? 0) === 0, 'needs a machine with swap');
    const swapTotal = async () =>
      kibOf(await outputIn(container, ['cat', '/proc/meminfo']), 'SwapTotal');
    expect(await swapTotal()).toBeGreaterThan(0);
    await set('swap', 'off');
    expect(await swapTotal()).toBe(0);
    await set('swap', 'on');
    expect(await swapTotal()).toBeGreaterThan(0);
  });
});

describe('what was set', () => {
  it('outlives a server that dies, and not a daemon that is stopped', async () => {
    const mountPoint = scene().teardown.makeDir();
    const statusNow = async () => {
      const argv = ['status', '--json', '--mount-point', mountPoint];
      const { stdout, status } = await runNsproc(argv);
      expect(status).toBe(0);
      return JSON.parse(stdout);
    };
    const first = await startDaemon({ mountPoint });
    await set('swap', 'off', first);
    const { pid } = (await statusNow()).server;
    process.kill(pid, 'SIGKILL');
    await vi.waitFor(async () => {
      const { server, switches } = await statusNow();
      expect(server.pid).not.toBe(pid);
      expect(switches.swap).toEqual({ position: 'off', isSet: true });
    }, patience);
    await first.stop();
    const second = await startDaemon({ mountPoint });
    expect((await statusNow()).switches.swap).toEqual({ position: 'on', isSet: false });
    await second.stop();
  });
});
