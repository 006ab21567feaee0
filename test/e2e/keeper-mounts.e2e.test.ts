// host-server as a keeper stays as long as some container has files of its mount point.

import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { deviceAt } from '../../src/daemon/end-mount.ts';
import { run, runOrThrow } from '../support/commands.ts';
import { startContainer } from '../support/containers.ts';
import { deadMount, type MountedTree, startHostServer } from '../support/host-server.ts';
import { deadMountWithPressure, keeperClient, startKeeper } from '../support/keeper.ts';
import { mountsBelow } from '../support/mounts.ts';
import { missing } from '../support/requirements.ts';
import { makeSessionState } from '../support/session-state.ts';
import { makeTeardown } from '../support/teardown.ts';
import { startWatched } from '../support/watched-process.ts';

const lacking = missing('root', 'fuse', 'util-linux');
const teardown = makeTeardown();
beforeEach((ctx) => ctx.skip(lacking !== undefined, lacking));
afterAll(() => teardown.run());

/** It looks every second; so long it has looked more than once. */
const args = ['--check-every', '1'];
const fewChecksMsec = 2500;

/** Does what needs a server, before there is a keeper. */
async function withServer<Result>(
  { fds }: MountedTree,
  act: () => Promise<Result>,
): Promise<Result> {
  const server = startHostServer(teardown, { fds });
  const result = await act();
  await server.kill();
  return result;
}

describe('a keeper', () => {
  it('stays as long as a container has a file, then unmounts and ends', async () => {
    const tree = await deadMount(teardown);
    const { mountPoint } = tree;
    const mounts = [[`${mountPoint}/proc/uptime`, '/proc/uptime']] as const;
    const container = await withServer(tree, () => startContainer({ mounts }));
    teardown.add(() => container.stop());
    const { server, socket } = await startKeeper(teardown, { tree, args });
    await sleep(fewChecksMsec);
    const inside = await container.exec(['cat', '/proc/uptime'], { timeoutMsec: 10_000 });
    expect(inside).toMatchObject({ status: 0, stderr: '' });
    await container.stop();
    expect(await server.ended).toBe(0);
    expect(mountsBelow(mountPoint)).toEqual([]);
    expect(existsSync(socket)).toBe(false);
  });

  it('stays for a container that has /proc/pressure alone', async (ctx) => {
    ctx.skip(!existsSync('/proc/pressure/cpu'), 'needs a kernel with pressure information');
    const tree = await deadMountWithPressure(teardown);
    const place = join(teardown.makeDir(), 'pressure');
    mkdirSync(place);
    const bind = 'mount --bind "$0/proc/pressure" "$1" && umount -l "$0"';
    const argv = ['unshare', '--mount', 'sh', '-c', `${bind} && echo bound && exec sleep infinity`];
    const holder = await withServer(tree, async () => {
      const started = startWatched([...argv, tree.mountPoint, place]);
      await started.untilPrinted(/bound/);
      return started;
    });
    const { socket } = await startKeeper(teardown, { tree, args });
    await sleep(fewChecksMsec);
    expect(await run(keeperClient(socket, 'status'))).toMatchObject({ status: 0 });
    holder.signal('SIGKILL');
  });
});

describe('a keeper whose place was taken away', () => {
  it('knows by the session which mounts are its own, wherever its place is', async () => {
    const tree = await deadMount(teardown);
    const { mountPoint } = tree;
    const { fd: state, session } = makeSessionState(teardown);
    session.setDevice('tree', deviceAt(mountPoint));
    const mounts = [[`${mountPoint}/proc/uptime`, '/proc/uptime']] as const;
    const container = await withServer(tree, () => startContainer({ mounts }));
    teardown.add(() => container.stop());
    await runOrThrow(['umount', '--lazy', mountPoint]);
    const kept = { mountPoint, fds: { ...tree.fds, state } };
    const { server, socket } = await startKeeper(teardown, { tree: kept, args });
    await sleep(fewChecksMsec);
    expect(await run(keeperClient(socket, 'status'))).toMatchObject({ status: 0 });
    await container.stop();
    expect(await server.ended).toBe(0);
  });
});

describe('a keeper that nobody needs', () => {
  it('does not stay for copies of the mount namespace of the host', async () => {
    const tree = await deadMount(teardown);
    const copy = startWatched(['unshare', '--mount', 'sh', '-c', 'echo copied; exec sleep 60']);
    await copy.untilPrinted(/copied/);
    const { server } = await startKeeper(teardown, { tree, args });
    expect(await server.ended).toBe(0);
    copy.signal('SIGKILL');
  });

  it('leaves alone what somebody else has mounted in its place', async () => {
    const tree = await deadMount(teardown);
    const { server } = await startKeeper(teardown, { tree, args });
    await runOrThrow(['mount', '-t', 'tmpfs', 'other', tree.mountPoint]);
    expect(await server.ended).toBe(0);
    expect(mountsBelow(tree.mountPoint).map(({ type }) => type)).toContain('tmpfs');
    await runOrThrow(['umount', tree.mountPoint]);
  });

  it('ends when somebody unmounts everything', async () => {
    const { server, mountPoint } = await startKeeper(teardown);
    await runOrThrow(['umount', mountPoint]);
    expect(await server.ended).toBe(0);
  });
});
