// What serve finds at its mount point: nothing, something of others, or what an earlier
// run left.

import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { run, runOrThrow } from '../support/commands.ts';
import { type Daemon, startDaemon } from '../support/daemon.ts';
import { mountsBelow, unmountBelow } from '../support/mounts.ts';
import { nsprocArgv, runNsproc, startServe } from '../support/nsproc-process.ts';
import { missing } from '../support/requirements.ts';
import { makeTeardown } from '../support/teardown.ts';

const lacking = missing('root', 'fuse');
const teardown = makeTeardown();
beforeEach((ctx) => ctx.skip(lacking !== undefined, lacking));
afterAll(() => teardown.run());

async function startAt(mountPoint: string): Promise<Daemon> {
  const daemon = await startDaemon({ mountPoint });
  teardown.add(() => daemon.stop());
  return daemon;
}

const serveAt = (mountPoint: string) => runNsproc(['serve', '--mount-point', mountPoint]);

/** What is mounted at a folder itself; the pressure files are mounted within. */
function typesAt(mountPoint: string): string[] {
  const mounts = mountsBelow(mountPoint).filter((mount) => mount.mountPoint === mountPoint);
  return mounts.map(({ type }) => type);
}

describe('a mount point that is taken', () => {
  it('by a running nsproc is an error that says so, and that one goes on', async () => {
    const mountPoint = teardown.makeDir();
    await startAt(mountPoint);
    const second = await serveAt(mountPoint);
    expect(second.status).toBe(1);
    expect(second.stderr).toMatch(/^nsproc: Cannot mount at .*a running nsproc serves it/m);
    expect(typesAt(mountPoint)).toHaveLength(1);
    await runOrThrow(['cat', `${mountPoint}/proc/uptime`]);
  });

  it('by another file system is an error that names it', async () => {
    const mountPoint = teardown.makeDir();
    teardown.add(() => unmountBelow(mountPoint));
    await runOrThrow(['mount', '-t', 'tmpfs', 'somebody', mountPoint]);
    const { status, stderr } = await serveAt(mountPoint);
    expect(status).toBe(1);
    expect(stderr).toMatch(/^nsproc: Cannot mount at .*tmpfs \(somebody\) is mounted there/m);
    expect(stderr).toContain('--mount-point');
    expect(mountsBelow(mountPoint).map(({ type }) => type)).toEqual(['tmpfs']);
  });

  it('by a file is an error', async () => {
    const file = `${teardown.makeDir()}/file`;
    await runOrThrow(['touch', file]);
    const { status, stderr } = await serveAt(file);
    expect(status).toBe(1);
    expect(stderr).toMatch(/^nsproc: Cannot make the mount point/m);
  });
});

describe('a daemon that may not look at the namespaces of others', () => {
  it('is refused, since it would show the host to every container', async () => {
    const mountPoint = teardown.makeDir();
    const { status, stderr } = await run([
      ...['setpriv', '--bounding-set', '-sys_ptrace', '--inh-caps', '-sys_ptrace', '--'],
      ...nsprocArgv('serve', '--mount-point', mountPoint),
    ]);
    expect(status).toBe(1);
    expect(stderr).toMatch(/^nsproc: Cannot see .*CAP_SYS_PTRACE/m);
    expect(mountsBelow(mountPoint)).toEqual([]);
  });
});

describe('a mount point that is free', () => {
  it('is made, with its parents, if it is missing', async () => {
    const mountPoint = `${teardown.makeDir()}/a/b`;
    const daemon = await startAt(mountPoint);
    expect(typesAt(mountPoint)).toEqual(['fuse.nsproc']);
    expect(await daemon.stop()).toEqual({ status: 0, leftMount: false });
    expect(existsSync(mountPoint)).toBe(true);
  });

  it('may be reached through a symbolic link, and have blanks in its name', async () => {
    const dir = teardown.makeDir();
    const mountPoint = `${dir}/a b\\c`;
    await runOrThrow(['mkdir', mountPoint]);
    await runOrThrow(['ln', '-s', mountPoint, `${dir}/link`]);
    const daemon = await startServe(teardown, { mountPoint: `${dir}/link` });
    const second = await serveAt(mountPoint);
    expect(second.stderr).toContain('a running nsproc serves it');
    daemon.signal('SIGTERM');
    expect(await daemon.ended).toBe(0);
    expect(await readdir(mountPoint)).toEqual([]);
  });
});

describe('kill -9', () => {
  it('leaves a dead mount, which the next start replaces, time after time', async () => {
    const mountPoint = teardown.makeDir();
    let daemon = await startAt(mountPoint);
    for (let times = 0; times < 2; times += 1) {
      await daemon.kill();
      const dead = await run(['cat', `${mountPoint}/proc/uptime`]);
      expect(dead.stderr).toMatch(/not connected|abort/);
      daemon = await startAt(mountPoint);
      expect(typesAt(mountPoint)).toEqual(['fuse.nsproc']);
      expect(daemon.log()).toContain('removed the dead mount of an earlier run');
      await runOrThrow(['cat', `${mountPoint}/proc/uptime`]);
    }
    expect(await daemon.stop()).toEqual({ status: 0, leftMount: false });
    expect(await readdir(mountPoint)).toEqual([]);
  });
});
