// Readers of many containers, and servers that keep dying: nobody gets an error, or a text that is
// not whole and the container's own, and in the end nothing is left of the dead.

import { availableParallelism, loadavg } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { missing } from '../support/requirements.ts';
import { makeTeardown } from '../support/teardown.ts';
import { isLong, slowness } from './chaos-length.ts';
import { startChurn } from './churn.ts';
import { type CrowdMember, type CrowdReport, joinCrowd, sumOf } from './crowd.ts';
import { Gaps } from './gaps.ts';
import { type Resources, readResources } from './resources.ts';
import { copyServer } from './server-copy.ts';
import { type Session, startSession } from './session.ts';
import { waysToEnd } from './ways-to-end.ts';

const readers = isLong ? 50 : 10;
const pauseMsec = isLong ? 20 : 5;
const longestWaitMsec = 2000;
const holderAndServer = 2;
const deathsOfServers = ['SIGKILL', 'SIGSTOP, then SIGKILL', 'SIGKILL for the holder'];

const lacking = missing('root', 'fuse', 'cgroup:memory');
const teardown = makeTeardown();
beforeEach((ctx) => ctx.skip(lacking !== undefined, lacking));
afterEach(() => teardown.run());

const kernels = [
  ['this kernel', [...Object.keys(waysToEnd)], isLong ? 20 : 1],
  // What was asked is then in the journal of requests alone.
  ['a kernel without FUSE_NOTIFY_RESEND', deathsOfServers, isLong ? 5 : 2],
] as const;

describe.each(kernels)('on %s', (kernel, ways, rounds) => {
  it('readers notice nothing of servers that die', { timeout: 900_000 * slowness }, async () => {
    const copy = copyServer(teardown);
    if (kernel !== 'this kernel') copy.forgetResend();
    const session = await startSession(teardown, (mountPoint) => copy.argv(mountPoint));
    const options = { mountPoint: session.mountPoint, pauseMsec };
    const crowd: CrowdMember[] = [];
    while (crowd.length < readers) crowd.push(await joinCrowd(teardown, options));
    const before = await resourcesAfterStart(session);
    const churn = startChurn(teardown, options);
    const gaps = new Gaps();
    for (let round = 0; round < rounds; round++) await endInEachWay(session, ways, gaps);
    const passers = await churn.end();
    const after = await resourcesAfterStart(session);
    const report = sumOf([...(await Promise.all(crowd.map(({ leave }) => leave()))), ...passers]);
    tell(gaps, report, [before, after]);
    expectUnharmed(report, gaps);
    expectNothingLeft(before, after);
  });
});

async function endInEachWay(session: Session, ways: readonly string[], gaps: Gaps): Promise<void> {
  for (const name of ways) {
    const earlier = session.beginnings();
    const begin = performance.now();
    await waysToEnd[name]?.(session);
    await session.untilBegun(earlier).catch((error: unknown) => {
      throw new Error(`After ${name}: ${String(error)}`);
    });
    gaps.add(name, performance.now() - begin);
    await sleep(Math.random() * 300);
  }
}

/** Of a server that has just started, when it has come to rest. */
async function resourcesAfterStart(session: Session): Promise<Resources> {
  const earlier = session.beginnings();
  process.kill(session.serverPid(), 'SIGKILL');
  await session.untilBegun(earlier);
  await sleep(3000);
  let resources = readResources(session);
  const processes = () => {
    resources = readResources(session);
    return resources.processes;
  };
  // A program that the server started may be about to end.
  await expect.poll(processes, { timeout: 10_000 * slowness }).toBe(holderAndServer);
  return resources;
}

function tell(gaps: Gaps, { faults, ...report }: CrowdReport, resources: Resources[]): void {
  const load = loadavg()[0]?.toFixed(1);
  const lines = [gaps.text(), `load ${load}: ${JSON.stringify(report)}`, faults.slice(0, 4000)];
  lines.push(...resources.map((part) => JSON.stringify(part)));
  process.stdout.write(`${lines.filter((line) => line !== '').join('\n')}\n`);
}

function expectUnharmed(report: CrowdReport, gaps: Gaps): void {
  const { errors, wrongTexts, brokenTexts, texts, longestMsec } = report;
  expect({ errors, brokenTexts }).toEqual({ errors: 0, brokenTexts: 0 });
  // Emulated, a start by hand may take longer than a keeper waits for it, and a request be at hand at
  // two deaths: both get the host's files.
  if (slowness === 1) expect(wrongTexts).toBe(0);
  expect(texts).toBeGreaterThan(readers * gaps.count());
  // Others may keep the CPUs busy: each of two programs gets half of one.
  const load = Math.max(1, (loadavg()[0] ?? 0) / availableParallelism() / 2);
  const limitMsec = longestWaitMsec * slowness * load;
  // Emulated, a server takes that long to start.
  const startMsec = slowness === 1 ? 0 : gaps.longest();
  expect(longestMsec).toBeLessThan(Math.max(limitMsec, startMsec * 1.5));
}

function expectNothingLeft(before: Resources, after: Resources): void {
  const { processes, mounts, holderFds, stateBytes } = before;
  expect(after).toMatchObject({ processes, mounts, holderFds, stateBytes });
  expect(after.holderKib).toBeLessThan(before.holderKib + 512);
  // What a server has open, and remembers, depends on whom it serves at the moment.
  expect(after.serverFds).toBeLessThan(before.serverFds * 1.3 + 100);
  expect(after.serverKib).toBeLessThan(before.serverKib * 1.3);
}
