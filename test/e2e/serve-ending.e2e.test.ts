// How the daemon ends: by a signal, by an unmount, and what it leaves behind.

import { readdir, readFile } from 'node:fs/promises';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { run, runOrThrow } from '../support/commands.ts';
import { mountsBelow, unmountBelow } from '../support/mounts.ts';
import { nsprocArgv, startServe } from '../support/nsproc-process.ts';
import { missing } from '../support/requirements.ts';
import { killServing } from '../support/serving-processes.ts';
import { makeTeardown } from '../support/teardown.ts';
import { startWatched } from '../support/watched-process.ts';

const lacking = missing('root', 'fuse');
const teardown = makeTeardown();
const slowness = Number(process.env['NSPROC_TEST_SLOW'] ?? 1);
const patience = { timeout: 30_000 * slowness };
beforeEach((ctx) => ctx.skip(lacking !== undefined, lacking));
afterAll(() => teardown.run());

async function startServing() {
  const mountPoint = teardown.makeDir();
  return { mountPoint, daemon: await startServe(teardown, { mountPoint }) };
}

describe.each([
  ['SIGTERM', 1],
  ['SIGINT', 2],
] as const)('%s, %i times', (signal, times) => {
  it('makes it unmount, leave the folder, and exit with 0', async () => {
    const { mountPoint, daemon } = await startServing();
    await runOrThrow(['cat', `${mountPoint}/proc/stat`]);
    for (let sent = 0; sent < times; sent += 1) daemon.signal(signal);
    expect(await daemon.ended).toBe(0);
    expect(mountsBelow(mountPoint)).toEqual([]);
    expect(await readdir(mountPoint)).toEqual([]);
    expect(daemon.output()).toContain(`"signal":"${signal}"`);
    expect(daemon.output()).toContain('"unmounted"');
  });
});

/** Counts whole readings until told to stop; status 3 when one was cut off or empty. */
const readingLoop = `
  while n=$(wc -l < "$1/proc/meminfo" 2>/dev/null); do
    [ "$n" -eq "$2" ] || exit 3
    echo read
  done
  exit 0`;

describe('ending under load', () => {
  it('answers whole files to the last, and ends with 0', async () => {
    const { mountPoint, daemon } = await startServing();
    const lines = (await readFile('/proc/meminfo', 'latin1')).trimEnd().split('\n').length;
    const loops = Array.from({ length: 8 }, () =>
      startWatched(['sh', '-c', readingLoop, 'sh', mountPoint, String(lines)]),
    );
    await Promise.all(loops.map((loop) => loop.untilPrinted(/read/)));
    daemon.signal('SIGTERM');
    expect(await daemon.ended).toBe(0);
    expect(mountsBelow(mountPoint)).toEqual([]);
    expect(await Promise.all(loops.map(({ ended }) => ended))).toEqual(loops.map(() => 0));
    expect(daemon.output()).not.toContain('"level":50');
  });

  it('ends also while a file is held open, which then fails', async () => {
    const { mountPoint, daemon } = await startServing();
    const held = `exec 3< "$1/proc/uptime"; echo open; while [ -e "$2" ]; do sleep 0.1; done; cat <&3`;
    const flag = teardown.makeDir();
    const reader = run(['sh', '-c', held, 'sh', mountPoint, flag]);
    await expect.poll(() => isOpened(mountPoint), patience).toBe(true);
    daemon.signal('SIGTERM');
    expect(await daemon.ended).toBe(0);
    expect(mountsBelow(mountPoint)).toEqual([]);
    await runOrThrow(['rmdir', flag]);
    const { status, stderr } = await reader;
    expect(status).not.toBe(0);
    expect(stderr).toMatch(/not connected|abort/);
    expect(daemon.output()).toContain('still in use');
  });
});

describe('an abort from outside', () => {
  it('takes the dead mount away, says so, and mounts anew', async () => {
    const { mountPoint, daemon } = await startServing();
    // umount2(MNT_FORCE) aborts the connection, also when the mount then stays, being in use.
    await runOrThrow(['sh', '-c', 'cd "$1" && ! umount --force .', 'sh', mountPoint]);
    await expect.poll(() => daemon.output().match(/"serving"/g)?.length, patience).toBe(2);
    const mounted = mountsBelow(mountPoint).filter((mount) => mount.mountPoint === mountPoint);
    expect(mounted).toHaveLength(1);
    await runOrThrow(['cat', `${mountPoint}/proc/uptime`]);
    expect(daemon.output()).toContain('aborted');
    daemon.signal('SIGTERM');
    expect(await daemon.ended).toBe(0);
    expect(mountsBelow(mountPoint)).toEqual([]);
  });
});

describe('a log that cannot be written', () => {
  it('does not end the daemon', async () => {
    const mountPoint = teardown.makeDir();
    teardown.add(() => unmountBelow(mountPoint));
    const serving = startWatched([
      ...['sh', '-c', 'exec "$@" 2>/dev/full', 'sh'],
      ...nsprocArgv('serve', '--mount-point', mountPoint),
    ]);
    teardown.add(() => killServing(mountPoint));
    await expect
      .poll(async () => (await run(['cat', `${mountPoint}/proc/uptime`])).status, patience)
      .toBe(0);
    serving.signal('SIGTERM');
    expect(await serving.ended).toBe(0);
    expect(mountsBelow(mountPoint)).toEqual([]);
  });
});

describe('an unmount from outside', () => {
  it('ends the daemon with 0', async () => {
    const { mountPoint, daemon } = await startServing();
    await runOrThrow(['umount', '--recursive', mountPoint]);
    expect(await daemon.ended).toBe(0);
    expect(daemon.output()).toContain('unmounted from outside');
  });
});

/** Whether some process holds a file of the mount open; asks nothing of the mount itself. */
async function isOpened(mountPoint: string): Promise<boolean> {
  const { stdout } = await run(['sh', '-c', 'readlink /proc/[0-9]*/fd/3']);
  return stdout.includes(`${mountPoint}/proc/uptime`);
}
