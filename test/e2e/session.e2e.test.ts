// The connection outlives its server: by the holder, by an fd store like systemd's, over a stop and
// the next start, and over an upgrade. What readers meet while servers die is in test/chaos.

import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { runOrThrow } from '../support/commands.ts';
import { type Container, startContainer } from '../support/containers.ts';
import { startDaemon } from '../support/daemon.ts';
import { startLoopingReader } from '../support/looping-reader.ts';
import { mountsBelow } from '../support/mounts.ts';
import { runNsproc, startServe } from '../support/nsproc-process.ts';
import { findByCommandLine, findDescendants } from '../support/processes.ts';
import { missing } from '../support/requirements.ts';
import { startServiceManager } from '../support/service-manager.ts';
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

describe('below a service manager with an fd store', () => {
  const lackingPython = missing('python');
  beforeEach((ctx) => ctx.skip(lackingPython !== undefined, lackingPython));

  it('a server that is killed is followed by one that goes on', async () => {
    const manager = startServiceManager(teardown);
    await manager.until('ready', 1);
    expect(manager.output()).toMatch(/^stored state$/m);
    expect(manager.output()).toMatch(/^stored tree$/m);
    const reader = await startLoopingReader(await startUser(manager.mountPoint), '/proc/uptime');
    for (let death = 1; death <= 3; death++) {
      manager.order('signal SIGKILL');
      await manager.until('ended -9', death);
      manager.order('start');
      await manager.until('ready', death + 1);
    }
    const { session } = await statusAt(manager.mountPoint);
    expect(session).toMatchObject({ keptBy: 'systemd', takeOvers: 3 });
    expect(await reader.stop()).toMatchObject({ errors: 0, cutOff: 0 });
  });

  it('a restart leaves it to a keeper in between; a stop of an idle one removes all', async () => {
    const manager = startServiceManager(teardown);
    const { mountPoint } = manager;
    await manager.until('ready', 1);
    const user = await startUser(mountPoint);
    const reader = await startLoopingReader(user, '/proc/uptime');
    manager.order('signal SIGTERM');
    await manager.until('ended -9', 1);
    manager.order('start');
    await manager.until('ready', 2);
    await expect.poll(() => keepersOf(mountPoint), patience).toEqual([]);
    expect(await reader.stop()).toMatchObject({ errors: 0, cutOff: 0 });
    await user.stop();
    manager.order('signal SIGTERM');
    await manager.until('ended 0', 1);
    expect(manager.output()).toMatch(/^removed tree$/m);
    expect(mountsBelow(mountPoint)).toEqual([]);
    manager.order('start');
    await manager.until('ready', 3);
    await runOrThrow(['cat', `${mountPoint}/proc/uptime`]);
  });
});
