// Readers of many containers, and servers that keep dying: nobody gets an error, or a text that is
// not whole and the container's own.

import { loadavg } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { missing } from '../support/requirements.ts';
import { makeTeardown } from '../support/teardown.ts';
import { type CrowdMember, joinCrowd, sumOf } from './crowd.ts';
import { copyServer } from './server-copy.ts';
import { startSession } from './session.ts';
import { waysToEnd } from './ways-to-end.ts';

const isLong = process.env['NSPROC_CHAOS'] === 'long';
const slowness = Number(process.env['NSPROC_TEST_SLOW'] ?? 1);
const readers = isLong ? 50 : 10;
const rounds = isLong ? 20 : 1;
const pauseMsec = isLong ? 20 : 5;
const longestWaitMsec = 2000 * slowness;

const lacking = missing('root', 'fuse', 'cgroup:memory');
const teardown = makeTeardown();
beforeEach((ctx) => ctx.skip(lacking !== undefined, lacking));
afterEach(() => teardown.run());

it('readers notice nothing of servers that die', { timeout: 600_000 * slowness }, async () => {
  const copy = copyServer(teardown);
  const session = await startSession(teardown, (mountPoint) => copy.argv(mountPoint));
  const { mountPoint } = session;
  const crowd: CrowdMember[] = [];
  for (let reader = 0; reader < readers; reader++) {
    crowd.push(await joinCrowd(teardown, { mountPoint, pauseMsec }));
  }
  let deaths = 0;
  for (let round = 0; round < rounds; round++) {
    for (const [, end] of Object.entries(waysToEnd)) {
      const earlier = session.beginnings();
      await end(session);
      await session.untilBegun(earlier);
      deaths++;
      await sleep(Math.random() * 300);
    }
  }
  const report = sumOf(await Promise.all(crowd.map(({ leave }) => leave())));
  const load = loadavg()[0]?.toFixed(1);
  process.stdout.write(`${deaths} deaths, load ${load}: ${JSON.stringify(report)}\n`);
  expect(report).toMatchObject({ errors: 0, wrongTexts: 0, faults: '' });
  expect(report.texts).toBeGreaterThan(readers * rounds * 10);
  expect(report.longestMsec).toBeLessThan(longestWaitMsec);
});
