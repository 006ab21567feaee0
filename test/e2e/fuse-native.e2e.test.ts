// What is peculiar to the transport fuse-native. Much of what every transport has to do is
// tested on it by the project e2e-fuse-native (vitest.config.ts).

import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { askDaemon } from '../../src/daemon/control-client.ts';
import { run, runOrThrow } from '../support/commands.ts';
import { type Daemon, type DaemonOptions, startDaemon } from '../support/daemon.ts';
import { mountsBelow } from '../support/mounts.ts';
import { runNsproc } from '../support/nsproc-process.ts';
import { missing } from '../support/requirements.ts';
import { makeTeardown } from '../support/teardown.ts';
import { fuseNativeFolder } from '../support/transports.ts';
import { startWatched } from '../support/watched-process.ts';

const lacking = missing('root', 'fuse', 'fuse-native');
const teardown = makeTeardown();
const root = fileURLToPath(new URL('../../', import.meta.url));
const patience = { timeout: 30_000 };
beforeEach((ctx) => ctx.skip(lacking !== undefined, lacking));
afterAll(() => teardown.run());

async function start(options: DaemonOptions = {}): Promise<Daemon> {
  const args = ['--transport', 'fuse-native', ...(options.args ?? [])];
  const daemon = await startDaemon({ ...options, args });
  teardown.add(() => daemon.stop());
  return daemon;
}

function threadCount({ pid }: Daemon): number {
  return readdirSync(`/proc/${pid}/task`).length;
}

/** A file of it bind-mounted, as containers have them. */
async function bindMounted({ mountPoint }: Daemon): Promise<string> {
  const target = `${teardown.makeDir()}/uptime`;
  await runOrThrow(['touch', target]);
  await runOrThrow(['mount', '--bind', `${mountPoint}/proc/uptime`, target]);
  teardown.add(() => runOrThrow(['umount', '--lazy', target]));
  return target;
}

describe('a daemon on fuse-native', () => {
  it('says which transport it serves on, and what that cannot do', async () => {
    const daemon = await start();
    expect(daemon.log()).toContain('"transport":"fuse-native"');
    expect(daemon.log()).toMatch(/if the daemon dies.*pressure files take no triggers/);
    expect(daemon.log()).not.toMatch(/"level":[456]0/);
  });

  it('has libfuse from the package, not from the system', async () => {
    const daemon = await start();
    const mapped = readFileSync(`/proc/${daemon.pid}/maps`, 'latin1').match(/\S*libfuse\.\S*/g);
    const library = `${fuseNativeFolder()}/prebuilds/linux-${process.arch}/libfuse.so`;
    expect([...new Set(mapped)]).toEqual([library]);
  });

  it('starts no thread for readers, however many wait', async () => {
    const daemon = await start();
    const before = threadCount(daemon);
    const readers = `for i in $(seq 100); do cat "$1/proc/stat" & done > /dev/null; wait`;
    for (const _ of [1, 2]) await runOrThrow(['sh', '-c', readers, 'sh', daemon.mountPoint]);
    expect(threadCount(daemon)).toBe(before);
  });

  it('serves pressure files for reading', async () => {
    const { mountPoint } = await start();
    const file = `${mountPoint}/proc/pressure/cpu`;
    expect(await runOrThrow(['cat', file])).toMatch(/^some avg10=/);
    const { stderr } = await run(['sh', '-c', `echo 'some 150000 2000000' > "$1"`, 'sh', file]);
    expect(stderr).toContain('Read-only file system');
  });
});

describe('its end', () => {
  it('needs no fusermount, leaves no mount and no process, and is 0', async () => {
    const daemon = await start({ env: { PATH: teardown.makeDir() } });
    expect(await daemon.stop()).toEqual({ status: 0, leftMount: false });
    expect(daemon.log()).toContain('"unmounted"');
    expect(daemon.log()).not.toMatch(/"level":[456]0/);
  });

  it('comes while readers read, who get whole files to the last', async () => {
    const daemon = await start();
    const lines = readFileSync('/proc/meminfo', 'latin1').trimEnd().split('\n').length;
    const loop = `while n=$(wc -l < "$1/proc/meminfo" 2>/dev/null); do
      [ "$n" -eq "$2" ] || exit 3; echo read; done`;
    const loops = Array.from({ length: 8 }, () =>
      startWatched(['sh', '-c', loop, 'sh', daemon.mountPoint, String(lines)]),
    );
    await Promise.all(loops.map((started) => started.untilPrinted(/read/)));
    expect(await daemon.stop()).toEqual({ status: 0, leftMount: false });
    expect(await Promise.all(loops.map(({ ended }) => ended))).toEqual(loops.map(() => 0));
  });

  it('is that of the files which containers have, and it says so', async () => {
    const daemon = await start();
    const target = await bindMounted(daemon);
    await runOrThrow(['cat', target]);
    expect(await daemon.stop()).toEqual({ status: 0, leftMount: false });
    expect(daemon.log()).toContain('still in use');
    expect((await run(['cat', target])).stderr).toContain('not connected');
  });
});

describe('its end from outside', () => {
  it('comes when its connection is aborted from outside', async () => {
    const daemon = await start();
    await runOrThrow(['sh', '-c', 'cd "$1" && ! umount --force .', 'sh', daemon.mountPoint]);
    await expect.poll(() => daemon.log(), patience).toContain('aborted from outside');
    await expect.poll(() => existsSync(`/proc/${daemon.holderPid}`), patience).toBe(false);
    expect((await daemon.stop()).status).toBe(1);
  });

  it('comes when it is unmounted from outside', async () => {
    const daemon = await start();
    await runOrThrow(['umount', daemon.mountPoint]);
    await expect.poll(() => daemon.log(), patience).toContain('unmounted from outside');
    await expect.poll(() => existsSync(`/proc/${daemon.holderPid}`), patience).toBe(false);
    expect((await daemon.stop()).status).toBe(0);
  });

  it('by SIGKILL leaves a dead mount, which the next start replaces', async () => {
    const mountPoint = teardown.makeDir();
    const killed = await start({ mountPoint });
    await killed.kill();
    expect(mountsBelow(mountPoint)).toHaveLength(1);
    const next = await start({ mountPoint });
    expect(next.log()).toContain('removed the dead mount');
    expect(mountsBelow(mountPoint)).toHaveLength(1);
  });
});

describe('what fuse-native cannot do', () => {
  it.each([[['--workers', '4']], [['--workers=2']]])('is refused: %j', async (args) => {
    const { status, stderr } = await runNsproc(['serve', '--transport', 'fuse-native', ...args]);
    expect(status).toBe(2);
    expect(stderr).toContain('needs --transport dev-fuse');
  });

  it('is refused when its variables ask for it', async () => {
    const env = { ...process.env, NSPROC_TRANSPORT: 'fuse-native', NSPROC_WORKERS: '3' };
    expect(await runNsproc(['serve'], { env })).toMatchObject({ status: 2 });
  });

  it('includes being replaced by another server', async () => {
    const { mountPoint } = await start();
    const refused = askDaemon(mountPoint, { command: 'upgrade' });
    await expect(refused).rejects.toThrow('cannot hand its connection on');
  });

  it('includes working without its package, which is said', async () => {
    const copy = teardown.makeDir();
    for (const path of ['dist', 'native/build', 'package.json']) {
      cpSync(`${root}${path}`, `${copy}/${path}`, { recursive: true });
    }
    mkdirSync(`${copy}/node_modules`);
    for (const name of readdirSync(`${root}node_modules`)) {
      if (name === 'fuse-native') continue;
      symlinkSync(`${root}node_modules/${name}`, `${copy}/node_modules/${name}`);
    }
    const mountPoint = teardown.makeDir();
    const args = ['serve', '--transport', 'fuse-native', '--mount-point', mountPoint];
    const { status, stderr } = await run([process.execPath, `${copy}/dist/main.js`, ...args]);
    expect(status).toBe(1);
    expect(stderr).toMatch(/^nsproc: Cannot use fuse-native: it is not installed .*dev-fuse\.$/m);
  });
});
