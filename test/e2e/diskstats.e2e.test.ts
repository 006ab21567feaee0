// /proc/diskstats of containers that read and write a block device.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, type TestContext } from 'vitest';
import type { TestCgroup } from '../support/cgroups.ts';
import type { Container } from '../support/containers.ts';
import { attachLoopDevice, type LoopDevice } from '../support/loop-device.ts';
import { missing, programPath } from '../support/requirements.ts';
import { outputIn, useServingScene } from '../support/serving-scene.ts';

const scene = useServingScene('util-linux');
const mib = 2 ** 20;
const version = missing('cgroup:blkio') === undefined ? 1 : 2;

interface IoScene {
  readonly device: LoopDevice;
  readonly cgroup: TestCgroup;
  readonly container: Container;
}

async function startOn(device: LoopDevice): Promise<IoScene> {
  const cgroup = scene().makeCgroup();
  if (version === 1) countThrottled(cgroup, device);
  const { mountPoint } = scene().daemon;
  const mounts = [[`${mountPoint}/proc/diskstats`, '/proc/diskstats'] as const];
  return { device, cgroup, container: await scene().start({ cgroup, mounts }) };
}

/** From Linux 5.16 on v1 counts only what has a limit; these are never reached. */
function countThrottled(cgroup: TestCgroup, { number }: LoopDevice): void {
  for (const direction of ['read', 'write']) {
    const file = join(cgroup.dirOf('blkio'), `blkio.throttle.${direction}_bps_device`);
    writeFileSync(file, `${number} ${2 ** 40}`);
  }
}

async function loopDevice(ctx: TestContext): Promise<LoopDevice> {
  const lacking = version === 1 ? undefined : missing('cgroup:io');
  ctx.skip(lacking !== undefined, lacking);
  const device = await attachLoopDevice(scene().teardown, 16 * mib);
  if (device === undefined) return ctx.skip('needs a loop device');
  return device;
}

/** The counters of each device by its name. */
function parseDiskstats(text: string): ReadonlyMap<string, readonly number[]> {
  const lines = text.split('\n').filter((line) => line !== '');
  return new Map(
    lines.map((line) => {
      const [, , name = '', ...counters] = line.trim().split(/\s+/);
      return [name, counters.map(Number)];
    }),
  );
}

const diskstatsIn = async ({ container }: IoScene) =>
  parseDiskstats(await outputIn(container, ['cat', '/proc/diskstats']));

async function readAndWrite({ container, device: { path } }: IoScene): Promise<void> {
  const common = ['bs=64k', 'status=none'];
  await outputIn(container, [
    'dd',
    `if=${path}`,
    'of=/dev/null',
    'iflag=direct',
    'count=32',
    ...common,
  ]);
  await outputIn(container, [
    'dd',
    'if=/dev/zero',
    `of=${path}`,
    'oflag=direct',
    'count=16',
    ...common,
  ]);
}

describe('/proc/diskstats', () => {
  it('counts what the container itself reads and writes, in the kernel’s columns', async (ctx) => {
    const device = await loopDevice(ctx);
    const busy = await startOn(device);
    await readAndWrite(busy);
    const counters = (await diskstatsIn(busy)).get(device.name) ?? [];
    const [reads = 0, , sectorsRead, , writes = 0, , sectorsWritten] = counters;
    expect({ sectorsRead, sectorsWritten }).toEqual({ sectorsRead: 4096, sectorsWritten: 2048 });
    expect(reads).toBeGreaterThanOrEqual(32);
    expect(writes).toBeGreaterThanOrEqual(16);
    const host = parseDiskstats(readFileSync('/proc/diskstats', 'latin1')).get(device.name);
    expect(counters).toHaveLength(host?.length ?? 0);
  });

  it('has no line of a device that only another container uses', async (ctx) => {
    ctx.skip(version === 1, 'v1 does not tell a container without I/O from one not counted');
    const device = await loopDevice(ctx);
    const busy = await startOn(device);
    const idle = await startOn(device);
    await readAndWrite(busy);
    expect((await diskstatsIn(busy)).has(device.name)).toBe(true);
    expect((await diskstatsIn(idle)).has(device.name)).toBe(false);
  });

  it('counts what a cgroup inside of the container does', async (ctx) => {
    ctx.skip(version === 2, 'a v2 cgroup with a process has no cgroup with controllers below it');
    const device = await loopDevice(ctx);
    const inside = await startOn(device);
    const child = inside.cgroup.makeChild('inside');
    countThrottled(child, device);
    const procs = child.procsFiles.map((file) => `echo $$ > '${file}'`).join(' && ');
    const copy = `exec dd if=${device.path} of=/dev/null iflag=direct bs=64k count=16 status=none`;
    await outputIn(inside.container, ['sh', '-c', `${procs} && ${copy}`]);
    expect((await diskstatsIn(inside)).get(device.name)?.[2]).toBe(2048);
  });
});

describe('/proc/diskstats for programs', () => {
  it('is understood by vmstat', async (ctx) => {
    const lacking = missing('procps');
    ctx.skip(lacking !== undefined, lacking);
    const busy = await startOn(await loopDevice(ctx));
    await readAndWrite(busy);
    const text = await outputIn(busy.container, [programPath('vmstat'), '-d', '-n']);
    const line = text.split('\n').find((each) => each.startsWith(busy.device.name));
    expect(line?.trim().split(/\s+/)[3]).toBe('4096');
  });

  it('is understood by iostat', async (ctx) => {
    const lacking = missing('sysstat');
    ctx.skip(lacking !== undefined, lacking);
    const busy = await startOn(await loopDevice(ctx));
    await readAndWrite(busy);
    // Partitions are in this file only; without them iostat reads /sys/block.
    const argv = [programPath('iostat'), '-d', '-k', '-p', 'ALL', '-o', 'JSON'];
    const text = await outputIn(busy.container, argv);
    const { disk }: { disk: { disk_device: string }[] } =
      JSON.parse(text).sysstat.hosts[0].statistics[0];
    const own = disk.find(({ disk_device }) => disk_device === busy.device.name);
    expect(own).toMatchObject({ kB_read: 2048, kB_wrtn: 1024 });
  });
});
