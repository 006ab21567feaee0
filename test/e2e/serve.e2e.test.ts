// The mount as every process of the host sees it.

import * as fs from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { run, runOrThrow } from '../support/commands.ts';
import { useServingScene } from '../support/serving-scene.ts';
import { transport } from '../support/transports.ts';

const scene = useServingScene();
const inMount = (path: string): string => join(scene().daemon.mountPoint, path);

/** In the form `proc/stat`. */
async function filesOfProc(): Promise<string[]> {
  const found = await runOrThrow(['find', inMount('proc'), '-type', 'f', '-printf', 'proc/%P\\n']);
  return found.trimEnd().split('\n').sort();
}

const isPressure = (file = '') => file.includes('/pressure/');

/** What stat says of the host's file, as it is served. */
function lineAsServed(line: string, file?: string): string {
  const served = line.replace('regular empty file', 'regular file');
  // Older kernels let nobody but the host's root set triggers.
  return isPressure(file) ? served.replace(' 444 ', ' 666 ') : served;
}

describe('the daemon', () => {
  it('is served on the transport that is wanted', () => {
    const isOther = scene().daemon.log().includes('"transport":"fuse-native"');
    expect(isOther).toBe(transport === 'fuse-native');
  });
});

describe('the mount', () => {
  it('is fuse.nsproc, read-only, nosuid, nodev, noexec', async () => {
    const { mountPoint } = scene().daemon;
    const format = ['--noheadings', '--output', 'FSTYPE,SOURCE,OPTIONS', '--mountpoint'];
    const [type, source, options = ''] = (
      await runOrThrow(['findmnt', ...format, mountPoint])
    ).split(/\s+/);
    expect([type, source]).toEqual(['fuse.nsproc', 'nsproc']);
    expect(options.split(',')).toEqual(
      expect.arrayContaining(['ro', 'nosuid', 'nodev', 'noexec', 'allow_other']),
    );
  });

  it('lists the same again and again', async () => {
    const listed = await runOrThrow(['ls', '-RaF', inMount('.')]);
    expect(listed).toMatch(/^\.\/\n\.\.\/\nproc\/$/m);
    for (const file of ['meminfo', 'stat', 'uptime']) expect(listed).toContain(`\n${file}\n`);
    expect(await runOrThrow(['ls', '-RaF', inMount('.')])).toBe(listed);
  });

  it('has files of the owner and with the mode that the host has', async () => {
    // Where nobody can set triggers, the host's pressure files are for reading alone.
    const isShown = (file: string) => transport === 'dev-fuse' || !isPressure(file);
    const files = (await filesOfProc()).filter(isShown);
    expect(files).toEqual(expect.arrayContaining(['proc/meminfo', 'proc/stat', 'proc/uptime']));
    const format = ['stat', '--format', '%F %a %u:%g %h'];
    const shown = await runOrThrow([...format, ...files.map(inMount)]);
    const ofHost = await runOrThrow([...format, ...files.map((file) => `/${file}`)]);
    const served = ofHost.split('\n').map((line, index) => lineAsServed(line, files[index]));
    expect(shown.split('\n')).toEqual(served);
  });

  it('has directories that everybody may look into', async () => {
    const shown = await runOrThrow([
      'stat',
      '--format',
      '%F %a %u:%g',
      inMount('.'),
      inMount('proc'),
    ]);
    expect(shown).toBe('directory 555 0:0\ndirectory 555 0:0\n');
  });

  it('has no other entries', async () => {
    await expect(fs.readFile(inMount('proc/nothing'))).rejects.toThrow('ENOENT');
    await expect(fs.readFile(inMount('proc'))).rejects.toThrow('EISDIR');
    await expect(fs.readdir(inMount('proc/stat'))).rejects.toThrow('ENOTDIR');
  });

  it('answers statfs with sizes of 0, as procfs does', async () => {
    const { blocks, bfree, files } = await fs.statfs(scene().daemon.mountPoint);
    expect({ blocks, bfree, files }).toEqual({ blocks: 0, bfree: 0, files: 0 });
  });
});

describe('readers without privileges', () => {
  const nobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'];

  it.each(['meminfo', 'stat', 'uptime'])('can read %s', async (file) => {
    const read = await run([...nobody, 'cat', inMount(`proc/${file}`)]);
    expect(read.stderr).toBe('');
    expect(read.stdout).not.toBe('');
  });

  it('may list directories and not write', async () => {
    const listed = await run([...nobody, 'ls', inMount('proc')]);
    expect(listed.stdout).toContain('meminfo\n');
    const checks = `test -r "$1" && test ! -w "$1" && test ! -x "$1"`;
    const tested = await run([...nobody, 'sh', '-c', checks, 'sh', inMount('proc/stat')]);
    expect(tested.status).toBe(0);
  });
});

describe('writing', () => {
  it.each<[string, () => Promise<unknown>]>([
    ['open a file for writing', () => fs.open(inMount('proc/uptime'), 'r+')],
    ['truncate a file', () => fs.truncate(inMount('proc/uptime'), 0)],
    ['create a file', () => fs.writeFile(inMount('proc/new'), 'text')],
    ['remove a file', () => fs.unlink(inMount('proc/uptime'))],
    ['rename a file', () => fs.rename(inMount('proc/uptime'), inMount('proc/new'))],
    ['make a link', () => fs.symlink('uptime', inMount('proc/new'))],
    ['make a directory', () => fs.mkdir(inMount('proc/new'))],
    ['remove a directory', () => fs.rmdir(inMount('proc'))],
    ['change a mode', () => fs.chmod(inMount('proc/uptime'), 0o666)],
    ['change an owner', () => fs.chown(inMount('proc/uptime'), 1, 1)],
    ['change times', () => fs.utimes(inMount('proc/uptime'), 0, 0)],
    ['ask for write access', () => fs.access(inMount('proc/uptime'), fs.constants.W_OK)],
  ])('cannot %s', async (_, write) => {
    await expect(write()).rejects.toThrow('EROFS');
  });

  it('cannot execute a file', async () => {
    await expect(fs.access(inMount('proc/uptime'), fs.constants.X_OK)).rejects.toThrow('EACCES');
  });
});
