// Requests that kill: their reader gets the host's file in the end, and nobody else
// notices; a container that goes on so is served the host's files until it is released.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { askDaemon } from '../../src/daemon/control-client.ts';
import { hostKibOf } from '../support/host.ts';
import { kibOf } from '../support/proc-texts.ts';
import { compileProgram } from '../support/programs.ts';
import { missing } from '../support/requirements.ts';
import { makeTeardown } from '../support/teardown.ts';
import { slowness } from './chaos-length.ts';
import { type CrowdMember, joinCrowd, sumOf } from './crowd.ts';
import { copyServer } from './server-copy.ts';
import { type Session, startSession } from './session.ts';
import { waysToEnd } from './ways-to-end.ts';

const lacking = missing('root', 'fuse', 'cgroup:memory');
const teardown = makeTeardown();
const copy = { poison: '' };
let session: Session;
let others: CrowdMember[];
let poisonous: CrowdMember;

beforeAll(async () => {
  if (lacking !== undefined) return;
  const server = copyServer(teardown);
  server.useWorker('poison-worker.mjs');
  copy.poison = join(server.directory, 'poison');
  writeFileSync(copy.poison, '');
  session = await startSession(teardown, (mountPoint) => server.argv(mountPoint));
  const options = { mountPoint: session.mountPoint, pauseMsec: 20 };
  others = [await joinCrowd(teardown, options), await joinCrowd(teardown, options)];
  poisonous = await joinCrowd(teardown, { ...options, isSilent: true });
});
afterAll(() => teardown.run());
beforeEach((ctx) => ctx.skip(lacking !== undefined, lacking));

const patience = { timeout: 60_000 * slowness };
/** So many that a server that is killed has taken a request of theirs. */
const busyReaders = 12;
const busySec = 10 * slowness;

/** What a reader in the container sees, and how many servers died of it. */
async function readMemory(): Promise<{ totalKib: number | undefined; deaths: number }> {
  const earlier = session.deaths();
  const { stdout, status } = await poisonous.container.exec(['cat', '/proc/meminfo']);
  expect(status).toBe(0);
  return { totalKib: kibOf(stdout, 'MemTotal'), deaths: session.deaths() - earlier };
}

/** How many containers are in quarantine; `undefined` while a server starts. */
async function quarantined(): Promise<number | undefined> {
  try {
    const answer = await askDaemon(session.mountPoint, { command: 'status' });
    const { status } = answer as unknown as { status: { session: { quarantined: unknown[] } } };
    return status.session.quarantined.length;
  } catch {
    return undefined;
  }
}

describe('a busy container while somebody kills servers', () => {
  it('goes on with its own files', patience, async () => {
    const { mountPoint } = session;
    const busy = await joinCrowd(teardown, { mountPoint, pauseMsec: 0, isSilent: true });
    const numbers = [busyReaders, busySec, busy.memoryKib].map(String);
    const reading = busy.container.exec([compileProgram('read-loop'), ...numbers], {
      timeoutMsec: patience.timeout,
    });
    for (let death = 0; death < 6; death++) {
      const earlier = session.beginnings();
      await waysToEnd['SIGSTOP, then SIGKILL']?.(session);
      await session.untilBegun(earlier);
    }
    await expect.poll(quarantined, patience).toBe(0);
    const { stdout, status } = await reading;
    expect({ stdout, status }).toEqual({ stdout: expect.stringMatching(/^\d+\n$/), status: 0 });
  });
});

describe('a container whose requests kill', () => {
  it("gets the host's file at the third try", patience, async () => {
    writeFileSync(copy.poison, String(poisonous.container.initPid));
    expect(await readMemory()).toEqual({ totalKib: hostKibOf('MemTotal'), deaths: 2 });
    await expect.poll(quarantined, patience).toBe(0);
    expect(session.log()).toContain('a request that kills');
  });

  it('is put into quarantine when it goes on', patience, async () => {
    expect(await readMemory()).toEqual({ totalKib: hostKibOf('MemTotal'), deaths: 2 });
    await expect.poll(quarantined, patience).toBe(0);
    expect(await readMemory()).toEqual({ totalKib: hostKibOf('MemTotal'), deaths: 2 });
    await expect.poll(quarantined, patience).toBe(1);
    expect(await readMemory()).toEqual({ totalKib: hostKibOf('MemTotal'), deaths: 0 });
  });

  it('gets its own files again when it is released', patience, async () => {
    writeFileSync(copy.poison, '');
    await askDaemon(session.mountPoint, { command: 'release' });
    await expect.poll(quarantined, patience).toBe(0);
    expect(await readMemory()).toEqual({ totalKib: poisonous.memoryKib, deaths: 0 });
  });

  it('harms nobody else', async () => {
    const reports = await Promise.all(others.map(({ leave }) => leave()));
    const { faults, ...report } = sumOf(reports);
    expect(report, faults).toMatchObject({ errors: 0, wrongTexts: 0 });
    expect(report.texts).toBeGreaterThan(0);
  });
});
