// Mounts for real, each below a temporary directory.

import { mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { claimMountPoint } from '../../../src/daemon/mount-point.ts';
import { StartError } from '../../../src/daemon/start-error.ts';
import { openFuseDevice } from '../../../src/kernel/fuse-device.ts';
import { mountFuse, readMountsAt } from '../../../src/kernel/mounts.ts';
import { closeFd } from '../../../src/kernel/process.ts';
import { runOrThrow } from '../../support/commands.ts';
import { unmountBelow } from '../../support/mounts.ts';
import { missing } from '../../support/requirements.ts';
import { makeTeardown } from '../../support/teardown.ts';

// Busy machines are slow, and that is no failure.
vi.setConfig({ testTimeout: 30_000 });

const lacking = missing('root', 'fuse');
const teardown = makeTeardown();
beforeEach((ctx) => ctx.skip(lacking !== undefined, lacking));
afterEach(() => teardown.run());

const logged: string[] = [];
const log = pino({}, { write: (line: string) => logged.push(line) });

function makePlace(): string {
  const dir = teardown.makeDir();
  teardown.add(() => unmountBelow(dir));
  return dir;
}

/** A mount whose server ended at once. */
function mountDead(directory: string): void {
  const fd = openFuseDevice();
  try {
    mountFuse(fd, directory);
  } finally {
    closeFd(fd);
  }
}

test('claimMountPoint() makes a directory that is missing, and its parents', () => {
  const directory = `${makePlace()}/a/b`;
  claimMountPoint(directory, log);
  expect(statSync(directory).isDirectory()).toBe(true);
  claimMountPoint(directory, log);
  expect(logged).toEqual([]);
});

test('claimMountPoint() refuses a directory that another file system has', async () => {
  const directory = makePlace();
  await runOrThrow(['mount', '-t', 'tmpfs', 'a name', directory]);
  expect(() => claimMountPoint(directory, log)).toThrow(
    new StartError(
      `Cannot mount at ${directory}: tmpfs (a\\040name) is mounted there. ` +
        'Unmount it or choose another directory with --mount-point.',
    ),
  );
});

test.each([
  ['itself', 'x', 'x'],
  ['by a path through a symbolic link', 'x', 'here/x'],
  ['by a symbolic link', 'x', 'link'],
  ['by a path that ends in a slash', 'x', 'x/'],
  ['with blanks and backslashes in its name', 'a b\\c\td', 'a b\\c\td'],
  ['with letters beyond ASCII in its name', 'größe', 'größe'],
])('claimMountPoint() removes the dead mounts of a directory, named %s', (_case, name, path) => {
  const dir = makePlace();
  mkdirSync(`${dir}/${name}`);
  symlinkSync(name, `${dir}/link`);
  symlinkSync('.', `${dir}/here`);
  mountDead(`${dir}/${name}`);
  expect(() => statSync(`${dir}/${name}`)).toThrow('ENOTCONN');
  expect(readMountsAt(`${dir}/${path}`)).toMatchObject([{ type: 'fuse.nsproc', source: 'nsproc' }]);
  logged.length = 0;
  claimMountPoint(`${dir}/${path}`, log);
  expect(readMountsAt(`${dir}/${path}`)).toEqual([]);
  expect(statSync(`${dir}/${name}`).isDirectory()).toBe(true);
  expect(logged).toHaveLength(1);
  expect(logged[0]).toContain('removed the dead mount of an earlier run');
});

test('claimMountPoint() removes a dead mount, then refuses what lies beneath it', async () => {
  const directory = makePlace();
  await runOrThrow(['mount', '-t', 'tmpfs', 'beneath', directory]);
  mountDead(directory);
  expect(() => claimMountPoint(directory, log)).toThrow('tmpfs (beneath) is mounted there');
  expect(readMountsAt(directory)).toMatchObject([{ type: 'tmpfs', source: 'beneath' }]);
});

test('claimMountPoint() says that a file cannot be a mount point', () => {
  const file = `${makePlace()}/file`;
  writeFileSync(file, '');
  expect(() => claimMountPoint(file, log)).toThrow(StartError);
  expect(() => claimMountPoint(file, log)).toThrow(`Cannot make the mount point ${file}: EEXIST`);
});
