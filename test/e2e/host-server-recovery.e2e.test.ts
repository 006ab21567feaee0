// host-server takes over what a server before it has left unanswered, with and without the
// kernel's help.

import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { readFuseRequest } from '../../src/kernel/fuse-device.ts';
import { run, runOrThrow } from '../support/commands.ts';
import {
  deadMount,
  type HostServerStart,
  mountTree,
  type PassedFds,
  startHostServer,
} from '../support/host-server.ts';
import { compileProgram } from '../support/programs.ts';
import { missing } from '../support/requirements.ts';
import { makeFaultyState, makeSessionState } from '../support/session-state.ts';
import { makeTeardown } from '../support/teardown.ts';

const lacking = missing('root', 'fuse');
const teardown = makeTeardown();
beforeEach((ctx) => ctx.skip(lacking !== undefined, lacking));
afterAll(() => teardown.run());

const olderKernel = () => [compileProgram('older-kernel')];

async function canResend(): Promise<boolean> {
  const [major = 0, minor = 0] = (await runOrThrow(['uname', '-r'])).split('.').map(Number);
  return major > 6 || (major === 6 && minor >= 9);
}

/** The next request, as a server would take it that then dies. */
function takeRequest({ tree = -1 }: PassedFds): Buffer {
  const request = Buffer.alloc(8192);
  readFuseRequest(tree, request);
  return request;
}

function readUptime(mountPoint: string) {
  return run(['cat', `${mountPoint}/proc/uptime`], { timeoutMsec: 20_000 });
}

const uptime = { status: 0, stderr: '', stdout: expect.stringMatching(/^\d+\.\d\d \d+\.\d\d\n$/) };

describe('a reader whose server died', () => {
  it('before it took the request is answered by the next one', async () => {
    const { mountPoint, fds } = await deadMount(teardown);
    const reader = readUptime(mountPoint);
    startHostServer(teardown, { fds });
    expect(await reader).toEqual(uptime);
  });

  it('with the request in hand is answered by the next one, which asks for it again', async (ctx) => {
    ctx.skip(!(await canResend()), 'needs a kernel with FUSE_NOTIFY_RESEND');
    const { mountPoint, fds } = await deadMount(teardown);
    const reader = readUptime(mountPoint);
    takeRequest(fds);
    startHostServer(teardown, { fds });
    expect(await reader).toEqual(uptime);
  });

  it('with the request in hand is answered from the journal by kernels that know no better', async () => {
    const { mountPoint, fds } = await deadMount(teardown);
    const reader = readUptime(mountPoint);
    const { fd, journal } = makeSessionState(teardown);
    takeRequest(fds).copy(journal.requestOf(3));
    expect(journal.unanswered()).toEqual([3]);
    startHostServer(teardown, { fds: { ...fds, state: fd }, wrapper: olderKernel() });
    expect(await reader).toEqual(uptime);
    // The answer is out before the journal says so.
    await expect.poll(() => journal.unanswered(), { timeout: 5000 }).toEqual([]);
  });
});

describe('a reader whose servers die again and again', () => {
  it.each(['this', 'an older'] as const)('sees no error, on %s kernel', async (kernel) => {
    const { mountPoint, fds } = await deadMount(teardown);
    const { fd } = makeSessionState(teardown);
    const wrapper = kernel === 'this' && (await canResend()) ? [] : olderKernel();
    const start: HostServerStart = { fds: { ...fds, state: fd }, wrapper };
    const loop = `for i in $(seq 300); do cat '${mountPoint}/proc/uptime' || exit 1; done`;
    let isRunning = true;
    const reader = run(['sh', '-c', loop], { timeoutMsec: 50_000 }).finally(() => {
      isRunning = false;
    });
    let servers = 0;
    for (; isRunning && servers < 60; servers += 1) {
      const server = startHostServer(teardown, start);
      await sleep(15);
      await server.kill();
    }
    startHostServer(teardown, start);
    expect(await reader).toMatchObject({ status: 0, stderr: '' });
    expect(servers).toBeGreaterThan(10);
  });
});

describe('the state', () => {
  it('gets the request that is at hand, and gives the times of all nodes', async () => {
    const tree = mountTree(teardown);
    const { fd, journal, session } = makeSessionState(teardown);
    const startTimeSec = session.startTimeSec(1_700_000_000);
    startHostServer(teardown, { fds: { ...tree.fds, state: fd } });
    const argv = ['stat', '-c', '%Y %X %Z', `${tree.mountPoint}/proc/stat`];
    const times = (await runOrThrow(argv)).trim().split(' ');
    expect(times).toEqual(Array(3).fill(String(startTimeSec)));
    expect(journal.requestOf(0).readUInt32LE(0)).toBeGreaterThanOrEqual(40);
    // The answer is out before the journal says so.
    await expect.poll(() => journal.unanswered(), { timeout: 5000 }).toEqual([]);
  });

  it.each(['unknown magic', 'unknown version', 'a region beyond its end'] as const)(
    'with %s is left alone, and the host is served without it',
    async (fault) => {
      const { mountPoint, fds } = await deadMount(teardown);
      const { fd, path } = await makeFaultyState(teardown, fault);
      const before = await readFile(path);
      const server = startHostServer(teardown, { fds: { ...fds, state: fd } });
      expect(await readUptime(mountPoint)).toEqual(uptime);
      expect(server.output()).toBe('');
      expect((await readFile(path)).equals(before)).toBe(true);
    },
  );
});
