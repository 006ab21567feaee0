// The connection outlives its server: by the holder, over a stop and the next start, and over an
// upgrade. What readers meet while servers die is in test/chaos; below systemd, in
// service-manager.e2e.test.ts.

import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { type Container, startContainer } from '../support/containers.ts';
import { startDaemon } from '../support/daemon.ts';
import { startLoopingReader } from '../support/looping-reader.ts';
import { mountsBelow } from '../support/mounts.ts';
import { nsprocArgv, runNsproc, startServe } from '../support/nsproc-process.ts';
import { findByCommandLine, findDescendants } from '../support/processes.ts';
import { missing } from '../support/requirements.ts';
import { makeTeardown } from '../support/teardown.ts';

const lacking = missing('root', 'fuse', 'util-linux');
const teardown = makeTeardown();
beforeEach((ctx) => ctx.skip(lacking !== undefined, lacking));
afterAll(() => teardown.run());

const slowness = Number(process.env['NSPROC_TEST_SLOW'] ?? 1);
const patience = { timeout: 30_000 * slowness };
/** A server starts in less than a second; with other tests beside it, it may take longer. */
const longestWaitMsec = 5000 * slowness;

/** Its mounts are its own: what other tests start does not have them. */
async function startUser(mountPoint: string): Promise<Container> {
  const container = await startContainer({
    mounts: [[`${mountPoint}/proc/uptime`, '/proc/uptime']],
  });
  teardown.add(() => container.stop());
  return container;
}

const keepersOf = (mountPoint: string) =>
  findByCommandLine(`\0--mount-point\0${mountPoint}\0--grace-msec`);

async function statusAt(mountPoint: string) {
  const { stdout } = await runNsproc(['status', '--json', '--mount-point', mountPoint]);
  return JSON.parse(stdout);
}

describe('upgrade', () => {
  it('replaces the server, and no reader notices', async () => {
    const daemon = await startDaemon();
    teardown.add(() => daemon.stop());
    const { mountPoint, pid } = daemon;
    const reader = await startLoopingReader(await startUser(mountPoint), '/proc/uptime');
    await runNsproc(['set', 'swap', 'off', '--mount-point', mountPoint]);
    const { status, stdout } = await runNsproc(['upgrade', '--mount-point', mountPoint]);
    expect(stdout).toMatch(new RegExp(`^server ${pid} \\(\\S+\\) replaced by ${daemon.pid} `));
    expect(status).toBe(0);
    const reading = await reader.stop();
    expect(reading).toMatchObject({ errors: 0, cutOff: 0 });
    expect(reading.longestWaitMsec).toBeLessThan(longestWaitMsec);
    const { session, switches } = await statusAt(mountPoint);
    expect(session).toMatchObject({ keptBy: 'holder', takeOvers: 1, restarts: 0 });
    expect(switches.swap).toEqual({ position: 'off', isSet: true });
  });
});

describe('SIGTERM while containers have the files', () => {
  it('leaves a keeper, from which the next start takes over', async () => {
    const mountPoint = teardown.makeDir();
    const first = await startServe(teardown, { mountPoint });
    const user = await startUser(mountPoint);
    const reader = await startLoopingReader(user, '/proc/uptime');
    first.signal('SIGTERM');
    expect(await first.ended).toBe(0);
    expect(first.output()).toContain('still in use');
    expect(keepersOf(mountPoint)).toHaveLength(1);
    const second = await startServe(teardown, { mountPoint });
    await expect.poll(() => keepersOf(mountPoint), patience).toEqual([]);
    const reading = await reader.stop();
    expect(reading).toMatchObject({ errors: 0, cutOff: 0 });
    expect(reading.longestWaitMsec).toBeLessThan(longestWaitMsec);
    expect(mountsBelow(mountPoint).filter((mount) => mount.mountPoint === mountPoint)).toHaveLength(
      1,
    );
    await user.stop();
    second.signal('SIGTERM');
    expect(await second.ended).toBe(0);
    expect(mountsBelow(mountPoint)).toEqual([]);
  });

  it("the keeper answers with the host's file after a moment", async () => {
    const mountPoint = teardown.makeDir();
    const daemon = await startServe(teardown, { mountPoint });
    const user = await startUser(mountPoint);
    daemon.signal('SIGTERM');
    expect(await daemon.ended).toBe(0);
    const { status, stdout } = await user.exec(['cat', '/proc/uptime'], {
      timeoutMsec: 20_000,
    });
    expect(status).toBe(0);
    expect(stdout).toMatch(/^\d+\.\d\d \d+\.\d\d\n$/);
  });
});

/** The names of a process's Unix sockets that have one; of abstract ones everybody has them. */
function socketNamesOf(pid: number): string[] {
  const links = readdirSync(`/proc/${pid}/fd`).map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`));
  const sockets = readFileSync('/proc/net/unix', 'utf8').split('\n').slice(1);
  return sockets.flatMap((line) => {
    const [, , , , , , inode, name] = line.trim().split(/\s+/);
    return name !== undefined && links.includes(`socket:[${inode}]`) ? [name] : [];
  });
}

describe('a holder', () => {
  it('has no socket that anybody but its server could send to', async () => {
    const daemon = await startDaemon();
    teardown.add(() => daemon.stop());
    expect(socketNamesOf(daemon.holderPid)).toEqual([]);
    const environment = readFileSync(`/proc/${daemon.pid}/environ`, 'latin1');
    expect(environment).not.toContain('NOTIFY_SOCKET');
  });
});

describe('a holder that is killed', () => {
  it('is replaced while containers have the files', async () => {
    const daemon = await startDaemon();
    teardown.add(() => daemon.stop());
    const { mountPoint } = daemon;
    const reader = await startLoopingReader(await startUser(mountPoint), '/proc/uptime');
    process.kill(daemon.holderPid, 'SIGKILL');
    const holders = () =>
      findByCommandLine(`--mount-point\0${mountPoint}\0`).filter(
        (pid) => findDescendants(pid).length > 0,
      );
    await expect.poll(() => holders().length, patience).toBe(1);
    await expect.poll(async () => (await statusAt(mountPoint)).session.takeOvers, patience).toBe(1);
    expect(await reader.stop()).toMatchObject({ errors: 0, cutOff: 0 });
  });

  it('is replaced by one that serves at the same place, given as a relative path', async () => {
    const mountPoint = teardown.makeDir();
    // The last one counts; the first is what this server is known by.
    const options = ['--mount-point', mountPoint, '--mount-point', basename(mountPoint)];
    const script = 'cd "$0" && exec "$@"';
    const serve = nsprocArgv('serve', ...options);
    const argv = ['sh', '-c', script, dirname(mountPoint), ...serve];
    const holder = await startServe(teardown, { mountPoint, argv });
    const reader = await startLoopingReader(await startUser(mountPoint), '/proc/uptime');
    holder.signal('SIGKILL');
    await expect.poll(async () => (await statusAt(mountPoint)).session.takeOvers, patience).toBe(1);
    expect(await reader.stop()).toMatchObject({ errors: 0, cutOff: 0 });
  });

  it('ends with its server while nobody has', async () => {
    const daemon = await startDaemon();
    teardown.add(() => daemon.stop());
    process.kill(daemon.holderPid, 'SIGKILL');
    const { mountPoint } = daemon;
    await expect
      .poll(() => findByCommandLine(`--mount-point\0${mountPoint}\0`), patience)
      .toEqual([]);
    expect(mountsBelow(mountPoint)).toEqual([]);
  });
});
