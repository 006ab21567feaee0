// Servers that are killed at each start: readers get the host's files, and their own again when the
// cause is mended, whoever starts the servers.

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startCrashScene } from '../support/crash-scene.ts';
import { breakServers, mendServers } from '../support/crashing-server.ts';
import { hostKibOf } from '../support/host.ts';
import { missing } from '../support/requirements.ts';
import { signalIfThere } from '../support/serving-processes.ts';
import { makeTeardown } from '../support/teardown.ts';

const lacking = missing('root', 'fuse', 'python', 'cgroup:memory');
const teardown = makeTeardown();
beforeEach((ctx) => ctx.skip(lacking !== undefined, lacking));
afterEach(() => teardown.run());

const slowness = Number(process.env['NSPROC_TEST_SLOW'] ?? 1);
/** Three starts that fail are waited for. */
const longestWaitMsec = 3000 * slowness;
/** The longest pause between two starts is 10 s. */
const patience = { timeout: 30_000 * slowness, interval: 50 };
/** More than ten starts, of which each takes a moment. */
const manyStarts = { timeout: 60_000 * slowness, interval: 50 };
const hostKib = hostKibOf('MemTotal');

const longTest = { timeout: 120_000 * slowness };

const cases = [
  ['by hand', 'the server'],
  ['as a service', 'the server'],
  ['as a service', 'all of it'],
] as const;

describe.each(cases)('started %s, when %s dies and no server can start any more', (by, what) => {
  it("readers get the host's files, and their own when one can", async () => {
    const { copy, mainPid, serverPid, memoryKib, readTotal } = await startCrashScene(teardown, by);
    expect(await readTotal()).toMatchObject({ status: 0, kib: memoryKib });
    breakServers(copy, 'starting');
    signalIfThere(what === 'all of it' ? mainPid() : serverPid(), 'SIGSEGV');
    const { kib, msec } = await readTotal();
    process.stdout.write(`started ${by}, ${what}: answered after ${msec.toFixed(0)} ms\n`);
    expect(kib).toBe(hostKib);
    expect(msec).toBeLessThan(longestWaitMsec);
    // Nobody waits for the starts that go on failing.
    for (let time = 0; time < 20; time++) {
      const later = await readTotal();
      expect(later).toMatchObject({ status: 0, kib: hostKib });
      expect(later.msec).toBeLessThan(1000 * slowness);
    }
    mendServers(copy);
    await expect.poll(readTotal, patience).toMatchObject({ status: 0, kib: memoryKib });
  });
});

describe.each(['by hand', 'as a service'] as const)('started %s, a server that dies', (by) => {
  it('as soon as it serves, each time, is no longer waited for', longTest, async () => {
    const { copy, serverPid, memoryKib, readTotal } = await startCrashScene(teardown, by);
    breakServers(copy, 'ready');
    signalIfThere(serverPid(), 'SIGSEGV');
    const shownKib = async () => {
      const { status, kib, msec } = await readTotal();
      expect(status).toBe(0);
      expect(msec).toBeLessThan(longestWaitMsec);
      return kib;
    };
    await expect.poll(shownKib, manyStarts).toBe(hostKib);
    mendServers(copy);
    await expect.poll(shownKib, patience).toBe(memoryKib);
  });
});
