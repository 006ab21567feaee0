// What happens around the daemon: its mount point goes out of sight, the disk of its log is full,
// the machine has no /dev/fuse.

import { mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { run, runOrThrow } from '../support/commands.ts';
import { unmountBelow } from '../support/mounts.ts';
import { missing } from '../support/requirements.ts';
import { makeTeardown } from '../support/teardown.ts';
import { isLong, slowness } from './chaos-length.ts';
import { joinCrowd } from './crowd.ts';
import { copyServer } from './server-copy.ts';
import { startSession } from './session.ts';
import { waysToEnd } from './ways-to-end.ts';

const lacking = missing('root', 'fuse', 'cgroup:memory');
const teardown = makeTeardown();
beforeEach((ctx) => ctx.skip(lacking !== undefined, lacking));
afterEach(() => teardown.run());
const patience = { timeout: 120_000 * slowness };

const ends = [
  ...(isLong ? ['SIGKILL', 'replacement'] : []),
  ...['SIGKILL for the holder', 'SIGTERM, and a start'],
];

describe('a mount point that', () => {
  it.each([
    ['another mount hides', 'mount -t tmpfs over "$1"'],
    ['is unmounted lazily', 'umount --recursive --lazy "$1"'],
  ])('%s makes no difference to containers', patience, async (_, command) => {
    const copy = copyServer(teardown);
    const session = await startSession(teardown, (mountPoint) => copy.argv(mountPoint));
    const { mountPoint } = session;
    const member = await joinCrowd(teardown, { mountPoint, pauseMsec: 5 });
    await runOrThrow(['sh', '-c', command, 'sh', mountPoint]);
    for (const name of ends) {
      const earlier = session.beginnings();
      await waysToEnd[name]?.(session);
      await session.untilBegun(earlier);
    }
    expect(await member.leave()).toMatchObject({ errors: 0, wrongTexts: 0, faults: '' });
  });
});

describe('a log on a full disk', () => {
  it('makes no difference to containers', patience, async () => {
    const disk = join(teardown.makeDir(), 'disk');
    mkdirSync(disk);
    await runOrThrow(['mount', '-t', 'tmpfs', '-o', 'size=64k', 'small', disk]);
    teardown.add(() => unmountBelow(disk));
    const log = join(disk, 'log');
    await run(['sh', '-c', 'yes > "$1/filling"', 'sh', disk]);
    const copy = copyServer(teardown);
    const session = await startSession(teardown, (mountPoint) => copy.argv(mountPoint), {
      logFd: openSync(log, 'a'),
    });
    const member = await joinCrowd(teardown, { mountPoint: session.mountPoint, pauseMsec: 5 });
    for (const name of ends) {
      const earlier = session.serverPid();
      await waysToEnd[name]?.(session);
      await session.untilAnother(earlier);
      // It is ready a moment after it listens.
      await sleep(500);
    }
    expect(await member.leave()).toMatchObject({ errors: 0, wrongTexts: 0, faults: '' });
  });
});

describe('a machine without /dev/fuse', () => {
  it('is told of before anything is mounted', async () => {
    const mountPoint = teardown.makeDir();
    const empty = teardown.makeDir();
    const [program = '', ...args] = copyServer(teardown).argv(mountPoint);
    const script = `
      mount -t tmpfs dev "$1"
      for name in null random urandom zero; do
        touch "$1/$name" && mount --bind "/dev/$name" "$1/$name"
      done
      mount --rbind "$1" /dev && shift && exec "$@"`;
    const { status, stdout, stderr } = await run([
      ...['unshare', '--mount', 'sh', '-c', script, 'sh', empty, program, ...args],
    ]);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toMatch(/\/dev\/fuse/);
    expect(stderr).toMatch(/nsproc doctor/);
    expect(stderr).not.toMatch(/\n\s+at /);
  });
});
