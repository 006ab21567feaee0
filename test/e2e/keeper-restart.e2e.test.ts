// host-server as a keeper while nsproc is being restarted: readers wait, rather than see the host's
// files.

import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeEach, expect, it } from 'vitest';
import { type Outcome, run } from '../support/commands.ts';
import { startCrashScene } from '../support/crash-scene.ts';
import { slowDown } from '../support/crashing-server.ts';
import { startHostServer } from '../support/host-server.ts';
import { type Keeper, keeperClient, startKeeper } from '../support/keeper.ts';
import { startServe } from '../support/nsproc-process.ts';
import { missing } from '../support/requirements.ts';
import { signalIfThere } from '../support/serving-processes.ts';
import { makeTeardown } from '../support/teardown.ts';
import { startWatched } from '../support/watched-process.ts';

const lacking = missing('root', 'fuse', 'util-linux');
const teardown = makeTeardown();
/** The keeper's own limits are for programs that start in a fraction of a second. */
const isEmulated = Number(process.env['NSPROC_TEST_SLOW'] ?? 1) > 1;
beforeEach((ctx) => {
  ctx.skip(lacking !== undefined, lacking);
  ctx.skip(isEmulated, 'needs a machine on which a program starts within half a second');
});
afterAll(() => teardown.run());

const graceMsec = 700;
/** Longer than it waits from the end of one program for the next. */
const longMsec = 1500;

/** Longer than a keeper waits when nobody comes. */
const slowStartMsec = 2500;

interface Reading {
  readonly ended: Promise<Outcome>;
  /** `undefined` while it waits. */
  msec(): number | undefined;
}

function readUptime(mountPoint: string): Reading {
  const begin = performance.now();
  let msec: number | undefined;
  const ended = run(['cat', `${mountPoint}/proc/uptime`], { timeoutMsec: 15_000 }).finally(() => {
    msec = performance.now() - begin;
  });
  return { ended, msec: () => msec };
}

async function startScene(): Promise<Keeper & { readonly reading: Reading }> {
  const keeper = await startKeeper(teardown, { args: ['--grace-msec', String(graceMsec)] });
  return { ...keeper, reading: readUptime(keeper.mountPoint) };
}

/** Says that a server is coming, until the result is called. */
async function announce(socket: string): Promise<() => Promise<unknown>> {
  const coming = startWatched(keeperClient(socket, 'coming'));
  await coming.untilPrinted(/coming/);
  return () => {
    coming.signal('SIGKILL');
    return coming.ended;
  };
}

const answered = { status: 0, stderr: '', stdout: expect.stringMatching(/^\d+\.\d\d /) };

it('answers nobody for as long as a server says that it is coming', async () => {
  const { socket, reading } = await startScene();
  const end = await announce(socket);
  await sleep(graceMsec + longMsec);
  expect(reading.msec()).toBeUndefined();
  await end();
  expect(await reading.ended).toEqual(answered);
});

it('waits for the program that takes over when the one that was coming has ended', async () => {
  const { socket, reading, server, fds } = await startScene();
  const end = await announce(socket);
  await sleep(graceMsec);
  await end();
  const next = startWatched(keeperClient(socket, 'take', 'sleep', 'infinity'));
  teardown.add(() => next.signal('SIGKILL'));
  expect(await server.ended).toBe(0);
  await sleep(longMsec);
  expect(reading.msec()).toBeUndefined();
  startHostServer(teardown, { fds });
  expect(await reading.ended).toEqual(answered);
});

it('goes on answering once it has begun', async () => {
  const { socket, mountPoint, reading } = await startScene();
  expect(await reading.ended).toEqual(answered);
  expect(reading.msec()).toBeGreaterThan(graceMsec / 2);
  const end = await announce(socket);
  const later = readUptime(mountPoint);
  expect(await later.ended).toEqual(answered);
  expect(later.msec()).toBeLessThan(longMsec);
  await end();
});

it('shows nobody the host while a start by hand takes long', async (ctx) => {
  const lackingMemory = missing('cgroup:memory');
  ctx.skip(lackingMemory !== undefined, lackingMemory);
  const scene = await startCrashScene(teardown, 'by hand');
  const { copy, mountPoint, memoryKib, readTotal } = scene;
  slowDown(copy, 'launcher', slowStartMsec);
  const first = scene.mainPid();
  signalIfThere(first, 'SIGTERM');
  await expect.poll(() => existsSync(`/proc/${first}/exe`), { interval: 10 }).toBe(false);
  const second = startServe(teardown, { mountPoint, argv: copy.argv(mountPoint) });
  const { kib, msec } = await readTotal();
  expect(kib).toBe(memoryKib);
  expect(msec).toBeGreaterThan(slowStartMsec);
  await second;
});
