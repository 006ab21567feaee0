// A container made by runc, with the files bind-mounted by its own config.json, as
// containerd, CRI-O and Kubernetes would have it.

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { makeCgroup } from '../support/cgroups.ts';
import { startDaemon } from '../support/daemon.ts';
import { missing } from '../support/requirements.ts';
import { makeRootfs } from '../support/rootfs.ts';
import { startRuncContainer } from '../support/runc.ts';
import {
  expectCpusOfStat,
  expectMemoryOfFree,
  expectMemoryOfTop,
  expectUpMinutes,
  expectUptime,
  mountsOf,
  printed,
  type RuntimeContainer,
  topOnce,
} from '../support/runtime-container.ts';
import { makeTeardown } from '../support/teardown.ts';

const lacking = missing('root', 'fuse', 'runc', 'procps', 'busybox', 'cgroup:memory', 'cgroup:cpu');
const patienceMsec = 600_000;
const teardown = makeTeardown();

async function startContainer(): Promise<RuntimeContainer> {
  const dir = teardown.makeDir();
  await makeRootfs(`${dir}/rootfs`);
  const daemon = await startDaemon();
  teardown.add(() => daemon.stop());
  const cgroup = makeCgroup();
  teardown.add(() => cgroup.remove());
  const memoryBytes = 64 * 2 ** 20;
  const startedAfterMsec = performance.now();
  const container = await startRuncContainer({
    dir,
    rootfs: `${dir}/rootfs`,
    cgroupPath: `${cgroup.path}/runc`,
    memoryBytes,
    cpuQuotaUsec: 50_000,
    cpuPeriodUsec: 100_000,
    mounts: mountsOf(daemon.mountPoint),
  });
  teardown.add(() => container.stop());
  const startedBeforeMsec = performance.now();
  const { exec } = container;
  return { exec, memoryBytes, quotaCpus: 1, startedAfterMsec, startedBeforeMsec };
}

describe('a runc container with 64 MiB and half a CPU', { timeout: patienceMsec }, () => {
  let container: RuntimeContainer;

  beforeAll(async () => {
    if (lacking === undefined) container = await startContainer();
  }, patienceMsec);
  afterAll(() => teardown.run(), patienceMsec);
  beforeEach((ctx) => ctx.skip(lacking !== undefined, lacking));

  it('/proc/meminfo begins with its memory limit', async () => {
    const text = await printed(container, ['cat', '/proc/meminfo']);
    expect(text.split('\n')[0]).toBe('MemTotal:          65536 kB');
  });

  it('cat of busybox, which copies by sendfile(2), prints what read(2) gives', async () => {
    const fields = (text: string) => text.split('\n').map((line) => line.split(':')[0]);
    const read = await printed(container, ['grep', '', '/proc/meminfo']);
    const sent = await printed(container, ['cat', '/proc/meminfo']);
    expect(fields(sent)).toEqual(fields(read));
  });

  it('free prints its memory', () => expectMemoryOfFree(container));

  it('/proc/uptime has its age', () => expectUptime(container));

  it('uptime prints its age', () => expectUpMinutes(container, ['uptime']));

  it('top prints its memory', () => expectMemoryOfTop(container));

  it('top prints its age', () => expectUpMinutes(container, topOnce));

  it('/proc/stat has the one CPU that its quota comes to', () => expectCpusOfStat(container));
});
