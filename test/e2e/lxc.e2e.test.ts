// A container of LXC's with its stock configuration, whose mount hook takes what is at
// /var/lib/lxcfs for LXCFS.

import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { makeCgroup } from '../support/cgroups.ts';
import { type Daemon, startDaemon } from '../support/daemon.ts';
import { type LxcContainer, startLxcContainer } from '../support/lxc.ts';
import { hasPressure, waitForPressure } from '../support/pressure-mount.ts';
import { kibOf } from '../support/proc-texts.ts';
import { missing } from '../support/requirements.ts';
import { makeRootfs } from '../support/rootfs.ts';
import {
  expectCpusOfStat,
  expectMemoryOfFree,
  expectMemoryOfTop,
  expectUpMinutes,
  expectUptime,
  printed,
  type RuntimeContainer,
  topOnce,
} from '../support/runtime-container.ts';
import { makeTeardown } from '../support/teardown.ts';

const lacking = missing('root', 'fuse', 'lxc', 'procps', 'busybox', 'cgroup:memory', 'cgroup:cpu');
const memoryBytes = 64 * 2 ** 20;
const patienceMsec = 300_000;
const teardown = makeTeardown();

let daemon: Daemon;
let lxc: LxcContainer;
let container: RuntimeContainer;

async function startScene(): Promise<void> {
  const dir = teardown.makeDir();
  const rootfs = join(dir, 'rootfs');
  await makeRootfs(rootfs);
  // Containers that are to have containers of their own have it.
  mkdirSync(join(rootfs, 'var/lib/lxcfs'), { recursive: true });
  daemon = await startDaemon();
  teardown.add(() => daemon.stop());
  await waitForPressure(daemon.mountPoint);
  const cgroup = makeCgroup({ memoryBytes, cpuQuotaUsec: 50_000 });
  teardown.add(() => cgroup.remove());
  const { mountPoint } = daemon;
  const startedAfterMsec = performance.now();
  lxc = await startLxcContainer({ dir, rootfs, cgroupPath: cgroup.path, mountPoint });
  teardown.add(() => lxc.stop());
  const startedBeforeMsec = performance.now();
  const { exec } = lxc;
  container = { exec, memoryBytes, quotaCpus: 1, startedAfterMsec, startedBeforeMsec };
}

describe('an LXC container with 64 MiB and half a CPU', { timeout: patienceMsec }, () => {
  beforeAll(async () => {
    if (lacking === undefined) await startScene();
  }, patienceMsec);
  afterAll(() => teardown.run(), patienceMsec);
  beforeEach((ctx) => ctx.skip(lacking !== undefined, lacking));

  const wordsOf = async (...argv: readonly string[]) =>
    (await printed(container, argv)).trim().split(/\s+/);

  it('has every file that is served, by the mount hook', async () => {
    const served = readdirSync(join(daemon.mountPoint, 'proc'));
    const mounts = await printed(container, ['grep', 'fuse.nsproc', '/proc/mounts']);
    const targets = mounts.split('\n').map((line) => line.split(' ')[1]);
    for (const name of served.filter((file) => existsSync(`/proc/${file}`))) {
      expect(targets).toContain(`/proc/${name}`);
    }
    expect(targets).toEqual(expect.arrayContaining(['/sys/devices/system/cpu', '/var/lib/lxcfs']));
  });

  it('free prints its memory', () => expectMemoryOfFree(container));

  it('/proc/uptime has its age', () => expectUptime(container));

  it('uptime and top print its age', async () => {
    await expectUpMinutes(container, ['uptime']);
    await expectUpMinutes(container, topOnce);
  });

  it('top prints its memory', () => expectMemoryOfTop(container));

  it('/proc/stat and /sys have the one CPU that its quota comes to', async () => {
    await expectCpusOfStat(container);
    expect(await wordsOf('cat', '/sys/devices/system/cpu/online')).toEqual(['0']);
  });

  it('/proc/pressure has files, also where the folder of LXCFS is bound once more', async (ctx) => {
    ctx.skip(!hasPressure, 'this kernel keeps no pressure information');
    for (const dir of ['/proc/pressure', '/var/lib/lxcfs/proc/pressure']) {
      expect(await wordsOf('ls', dir)).toEqual(['cpu', 'io', 'memory']);
      expect(await printed(container, ['cat', `${dir}/cpu`])).toMatch(/^some avg10=/);
    }
  });

  it('hands the files on to a container in it', async () => {
    const text = await printed(container, ['cat', '/var/lib/lxcfs/proc/meminfo']);
    expect(kibOf(text, 'MemTotal')).toBe(memoryBytes / 1024);
  });
});
