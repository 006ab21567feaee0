// nsproc as a service of systemd's kind: the manager's fd store has a copy of what the holder keeps,
// and whatever dies, readers are answered.

import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runOrThrow } from '../support/commands.ts';
import { type Container, startContainer } from '../support/containers.ts';
import { startLoopingReader } from '../support/looping-reader.ts';
import { mountsBelow } from '../support/mounts.ts';
import { runNsproc } from '../support/nsproc-process.ts';
import { findByCommandLine, findDescendants } from '../support/processes.ts';
import { missing } from '../support/requirements.ts';
import { type ServiceManager, startServiceManager } from '../support/service-manager.ts';
import { signalIfThere } from '../support/serving-processes.ts';
import { makeTeardown } from '../support/teardown.ts';

const lacking = missing('root', 'fuse', 'util-linux', 'python');
const teardown = makeTeardown();
beforeEach((ctx) => ctx.skip(lacking !== undefined, lacking));
afterEach(() => teardown.run());

const slowness = Number(process.env['NSPROC_TEST_SLOW'] ?? 1);
const patience = { timeout: 30_000 * slowness };
/** Longer than the manager waits to hear of the service, and the holder of its server. */
const fewWatchdogsMsec = 7000;

async function startUser(mountPoint: string): Promise<Container> {
  const container = await startContainer({
    mounts: [[`${mountPoint}/proc/uptime`, '/proc/uptime']],
  });
  teardown.add(() => container.stop());
  return container;
}

async function sessionAt(mountPoint: string) {
  const { stdout } = await runNsproc(['status', '--json', '--mount-point', mountPoint]);
  return JSON.parse(stdout).session;
}

const serverOf = (manager: ServiceManager) => findDescendants(manager.mainPid()).at(-1) ?? 0;

describe('a service whose server is killed', () => {
  it('is not started again: the holder starts the next server', async () => {
    const manager = startServiceManager(teardown);
    await manager.until('ready', 1);
    const reader = await startLoopingReader(await startUser(manager.mountPoint), '/proc/uptime');
    for (let death = 1; death <= 3; death++) {
      signalIfThere(serverOf(manager), 'SIGKILL');
      await manager.until('ready', death + 1);
    }
    const session = await sessionAt(manager.mountPoint);
    expect(session).toMatchObject({ keptBy: 'holder', takeOvers: 3, restarts: 3 });
    expect(manager.output()).not.toMatch(/^ended/m);
    expect(await reader.stop()).toMatchObject({ errors: 0, cutOff: 0 });
  });

  it('can be upgraded', async () => {
    const manager = startServiceManager(teardown);
    await manager.until('ready', 1);
    const { status, stdout } = await runNsproc(['upgrade', '--mount-point', manager.mountPoint]);
    expect({ status, stdout }).toEqual({ status: 0, stdout: expect.stringContaining('replaced') });
    await manager.until('ready', 2);
    expect(await sessionAt(manager.mountPoint)).toMatchObject({ takeOvers: 1 });
  });
});

describe('a service that is killed', () => {
  it('takes its server along, and the next one goes on with what the manager has', async () => {
    const manager = startServiceManager(teardown, { isRestarted: true });
    await manager.until('ready', 1);
    expect(manager.output()).toMatch(/^stored state$/m);
    expect(manager.output()).toMatch(/^stored tree$/m);
    const reader = await startLoopingReader(await startUser(manager.mountPoint), '/proc/uptime');
    for (let death = 1; death <= 3; death++) {
      const server = serverOf(manager);
      signalIfThere(manager.mainPid(), 'SIGKILL');
      await manager.until('ready', death + 1);
      expect(findByCommandLine(manager.mountPoint)).not.toContain(server);
    }
    expect(await sessionAt(manager.mountPoint)).toMatchObject({ keptBy: 'holder', takeOvers: 3 });
    expect(await reader.stop()).toMatchObject({ errors: 0, cutOff: 0 });
  });
});

describe('a service that is stopped', () => {
  const keepersOf = (mountPoint: string) =>
    findByCommandLine(`\0--mount-point\0${mountPoint}\0--grace-msec`);

  it('leaves containers to a keeper until the next start; when idle it removes all', async () => {
    const manager = startServiceManager(teardown);
    const { mountPoint } = manager;
    await manager.until('ready', 1);
    const user = await startUser(mountPoint);
    const reader = await startLoopingReader(user, '/proc/uptime');
    manager.order('signal SIGTERM');
    await manager.until('ended 0', 1);
    manager.order('start');
    await manager.until('ready', 2);
    await expect.poll(() => keepersOf(mountPoint), patience).toEqual([]);
    expect(await reader.stop()).toMatchObject({ errors: 0, cutOff: 0 });
    await user.stop();
    manager.order('signal SIGTERM');
    await manager.until('ended 0', 2);
    expect(manager.output()).toMatch(/^removed tree$/m);
    expect(mountsBelow(mountPoint)).toEqual([]);
    manager.order('start');
    await manager.until('ready', 3);
    await runOrThrow(['cat', `${mountPoint}/proc/uptime`]);
  });

  it('gives the manager what it got from a keeper', async () => {
    const manager = startServiceManager(teardown);
    await manager.until('ready', 1);
    const user = await startUser(manager.mountPoint);
    manager.order('signal SIGTERM');
    await manager.until('ended 0', 1);
    manager.order('forget');
    manager.order('start');
    await manager.until('ready', 2);
    signalIfThere(manager.mainPid(), 'SIGKILL');
    await manager.until('ended -9', 1);
    manager.order('start');
    await manager.until('ready', 3);
    const { status, stderr } = await user.exec(['cat', '/proc/uptime'], { timeoutMsec: 10_000 });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });
});

describe('a manager with a watchdog', () => {
  it('hears of the holder, and leaves a server that is stopped to it', async () => {
    const manager = startServiceManager(teardown);
    await manager.until('ready', 1);
    await sleep(fewWatchdogsMsec);
    signalIfThere(serverOf(manager), 'SIGSTOP');
    await manager.until('ready', 2);
    expect(manager.output()).not.toMatch(/^(silent|ended.*)$/m);
  });
});
