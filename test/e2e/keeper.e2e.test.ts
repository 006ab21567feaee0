// host-server as a keeper: what it says on its socket, and how it hands its connections over.

import { closeSync, existsSync, openSync, readdirSync, readlinkSync, statSync } from 'node:fs';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { run, runOrThrow } from '../support/commands.ts';
import { deadMount, hostServerFile, startHostServer } from '../support/host-server.ts';
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

const readUptime = (mountPoint: string) =>
  run(['cat', `${mountPoint}/proc/uptime`], { timeoutMsec: 15_000 });

async function readStatus(socket: string): Promise<{ pid: number; answered: number }> {
  return JSON.parse(await runOrThrow(keeperClient(socket, 'status')));
}

describe('a keeper', () => {
  it('says who it is and how much it has answered', async () => {
    const { socket, server, mountPoint } = await startKeeper(teardown);
    const { pid, answered } = await readStatus(socket);
    expect(pid).toBe(server.pid);
    await readUptime(mountPoint);
    expect((await readStatus(socket)).answered).toBeGreaterThanOrEqual(answered + 3);
  });

  it('listens to root alone, in the place of an earlier keeper', async () => {
    const { socket, server, mountPoint, fds } = await startKeeper(teardown);
    expect(statSync(socket).mode & 0o777).toBe(0o600);
    await server.kill();
    const next = startHostServer(teardown, { fds, args: ['--keeper', socket] });
    expect(await readUptime(mountPoint)).toMatchObject({ status: 0 });
    await runOrThrow(['chmod', '777', socket]);
    const nobody = ['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups'];
    const refused = await run([...nobody, ...keeperClient(socket, 'status')]);
    expect(refused).toMatchObject({ status: 1, stdout: '' });
    expect((await readStatus(socket)).pid).toBe(next.pid);
  });

  it('serves while clients say nothing', async () => {
    const { socket, mountPoint } = await startKeeper(teardown);
    const silent = Array.from({ length: 6 }, () => startWatched(keeperClient(socket, 'wait')));
    await Promise.all(silent.map((client) => client.untilPrinted(/connected/)));
    expect(await readUptime(mountPoint)).toMatchObject({ status: 0 });
    expect(await run(keeperClient(socket, 'status'))).toMatchObject({ status: 0 });
    for (const client of silent) client.signal('SIGKILL');
  });

  it('removes its socket when it is ended, and leaves the mount', async () => {
    const { socket, server, mountPoint } = await startKeeper(teardown);
    await readUptime(mountPoint);
    server.signal('SIGTERM');
    expect(await server.ended).toBe(0);
    expect(existsSync(socket)).toBe(false);
    expect(mountsBelow(mountPoint)).toHaveLength(1);
  });
});

describe('a keeper that hands over', () => {
  it('gives all its fds to the next server, while readers read', async () => {
    const mounted = await deadMountWithPressure(teardown);
    const { fd: state } = makeSessionState(teardown);
    const tree = { ...mounted, fds: { ...mounted.fds, state } };
    const { socket, server, mountPoint, fds } = await startKeeper(teardown, { tree });
    const loop = `for i in $(seq 300); do cat '${mountPoint}/proc/uptime' || exit 1; done`;
    const reader = run(['sh', '-c', loop], { timeoutMsec: 50_000 });
    const next = startWatched(keeperClient(socket, 'take', hostServerFile));
    teardown.add(() => next.signal('SIGKILL'));
    await next.untilPrinted(/\n/);
    const names = Object.keys(fds);
    expect(next.output()).toBe(`${names.length} ${names.join(':')}\n`);
    expect(await server.ended).toBe(0);
    expect(existsSync(socket)).toBe(false);
    expect(await reader).toMatchObject({ status: 0, stderr: '' });
    expect(await readUptime(mountPoint)).toMatchObject({ status: 0, stderr: '' });
  });

  it('goes on when the next server dies before it confirms', async () => {
    const { socket, server, mountPoint } = await startKeeper(teardown);
    const failed = startWatched(keeperClient(socket, 'hold'));
    await failed.untilPrinted(/tree/);
    const reader = readUptime(mountPoint);
    failed.signal('SIGKILL');
    expect(await reader).toMatchObject({ status: 0, stderr: '' });
    expect((await readStatus(socket)).pid).toBe(server.pid);
  });
});

describe('a keeper with more fds than one message takes', () => {
  it('gives all of them to the next server', async () => {
    const tree = await deadMount(teardown);
    const file = openSync('/dev/zero', 'r');
    teardown.add(() => closeSync(file));
    const triggers = Array.from({ length: 700 }, (_, slot) => [`trigger-${slot}`, file] as const);
    const fds = { ...Object.fromEntries(triggers), ...tree.fds };
    const { socket, server } = await startKeeper(teardown, { tree: { ...tree, fds } });
    const hold = ['sh', '-c', 'echo holding; exec sleep infinity'];
    const next = startWatched(keeperClient(socket, 'take', ...hold));
    teardown.add(() => next.signal('SIGKILL'));
    expect(await server.ended).toBe(0);
    await next.untilPrinted(/holding/);
    const names = Object.keys(fds);
    expect(next.output()).toBe(`${names.length} ${names.join(':')}\nholding\n`);
    const open = readdirSync(`/proc/${next.pid}/fd`);
    const links = open.map((fd) => readlinkSync(`/proc/${next.pid}/fd/${fd}`));
    expect(links.filter((link) => link === '/dev/zero')).toHaveLength(triggers.length);
    expect(links).toContain('/dev/fuse');
  });
});
