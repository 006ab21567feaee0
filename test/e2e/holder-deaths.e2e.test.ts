// The holder is killed while host-server answers, because no server can start.

import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type CrashScene, startCrashScene } from '../support/crash-scene.ts';
import { breakServers, mendServers, slowDown } from '../support/crashing-server.ts';
import { hostKibOf } from '../support/host.ts';
import { startServe } from '../support/nsproc-process.ts';
import { findByCommandLine } from '../support/processes.ts';
import { missing } from '../support/requirements.ts';
import { signalIfThere } from '../support/serving-processes.ts';
import { makeTeardown } from '../support/teardown.ts';

const lacking = missing('root', 'fuse', 'cgroup:memory');
const teardown = makeTeardown();
beforeEach((ctx) => ctx.skip(lacking !== undefined, lacking));
afterEach(() => teardown.run());

const slowness = Number(process.env['NSPROC_TEST_SLOW'] ?? 1);
const patience = { timeout: 30_000 * slowness, interval: 50 };
const slowStartMsec = 1500 * slowness;
/** One that crashes has done so by then. */
const crashMsec = 600 * slowness;
const hostKib = hostKibOf('MemTotal');

/** Until the host's files are served. */
async function startBroken(): Promise<CrashScene> {
  const scene = await startCrashScene(teardown, 'by hand');
  expect(await scene.readTotal()).toMatchObject({ status: 0, kib: scene.memoryKib });
  breakServers(scene.copy, 'starting');
  signalIfThere(scene.serverPid(), 'SIGSEGV');
  expect(await scene.readTotal()).toMatchObject({ status: 0, kib: hostKib });
  return scene;
}

const hostServersAt = (mountPoint: string) =>
  findByCommandLine(`\0--mount-point\0${mountPoint}\0`).filter(
    (pid) => !findByCommandLine('\0serve\0').includes(pid),
  );

it('leaves a keeper, from which the next start takes over', async () => {
  const { copy, mountPoint, mainPid, memoryKib, readTotal } = await startBroken();
  signalIfThere(mainPid(), 'SIGKILL');
  expect(await readTotal()).toMatchObject({ status: 0, kib: hostKib });
  mendServers(copy);
  await startServe(teardown, { mountPoint, argv: copy.argv(mountPoint) });
  expect(await readTotal()).toMatchObject({ status: 0, kib: memoryKib });
  expect(hostServersAt(mountPoint)).toEqual([]);
});

it('is followed by the server that was being started, and nobody else answers', async () => {
  const { copy, mountPoint, mainPid, isStarting, memoryKib, readTotal } = await startBroken();
  slowDown(copy, 'server', slowStartMsec);
  const isStartingSlowly = async () => {
    const wasStarting = isStarting();
    await sleep(crashMsec);
    return wasStarting && isStarting();
  };
  await expect.poll(isStartingSlowly, patience).toBe(true);
  signalIfThere(mainPid(), 'SIGKILL');
  mendServers(copy);
  await expect.poll(readTotal, patience).toMatchObject({ status: 0, kib: memoryKib });
  await expect.poll(() => hostServersAt(mountPoint), patience).toEqual([]);
  for (let time = 0; time < 20; time++) {
    expect(await readTotal()).toMatchObject({ status: 0, kib: memoryKib });
  }
});
