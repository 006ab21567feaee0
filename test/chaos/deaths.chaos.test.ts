// Readers of many containers, and servers that keep dying: nobody gets an error, or a text that is
// not whole and the container's own, and in the end nothing is left of the dead.

import { writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { missing } from '../support/requirements.ts';
import { makeTeardown } from '../support/teardown.ts';
import { isLong, slowness } from './chaos-length.ts';
import { startChurn } from './churn.ts';
import { type CrowdMember, joinCrowd, sumOf } from './crowd.ts';
import { Gaps } from './gaps.ts';
import { readResources } from './resources.ts';
import { copyServer } from './server-copy.ts';
import { type Session, startSession } from './session.ts';
import { waysToEnd } from './ways-to-end.ts';

const readers = isLong ? 50 : 10;
const rounds = isLong ? Number(process.env['ROUNDS'] ?? 20) : 1;
const pauseMsec = isLong ? 20 : 5;
const longestWaitMsec = 2000 * slowness;

const lacking = missing('root', 'fuse', 'cgroup:memory');
const teardown = makeTeardown();
beforeEach((ctx) => ctx.skip(lacking !== undefined, lacking));
afterEach(() => teardown.run());

it('readers notice nothing of servers that die', { timeout: 900_000 * slowness }, async () => {
  const copy = copyServer(teardown);
  const session = await startSession(teardown, (mountPoint) => copy.argv(mountPoint));
  const options = { mountPoint: session.mountPoint, pauseMsec };
  const crowd: CrowdMember[] = [];
  for (let reader = 0; reader < readers; reader++) crowd.push(await joinCrowd(teardown, options));
  const resources = () => resourcesAfterStart(session);
  const before = await resources();
  const churn = startChurn(teardown, options);
  const gaps = new Gaps();
  for (let round = 0; round < rounds; round++) await endInEveryWay(session, gaps);
  const passers = await churn.end();
  const after = await resources();
  const { faults, ...report } = sumOf([
    ...(await Promise.all(crowd.map(({ leave }) => leave()))),
    ...passers,
  ]);
  const load = loadavg()[0]?.toFixed(1);
  process.stdout.write(`${gaps.text()}\nload ${load}: ${JSON.stringify(report)}\n`);
  writeFileSync('/tmp/chaos-session.log', session.log());
  writeFileSync('/tmp/chaos-faults.log', faults);
  process.stdout.write(`${JSON.stringify(before)}\n${JSON.stringify(after)}\n`);
  expect(report, faults.slice(0, 4000)).toMatchObject({ errors: 0, wrongTexts: 0 });
  expect(report.texts).toBeGreaterThan(readers * rounds * 10);
  expect(report.longestMsec).toBeLessThan(longestWaitMsec);
});

async function endInEveryWay(session: Session, gaps: Gaps): Promise<void> {
  for (const [name, end] of Object.entries(waysToEnd).filter(([n]) =>
    n.includes(process.env['WAYS'] ?? ''),
  )) {
    const earlier = session.beginnings();
    const begin = performance.now();
    const at = session.log().length;
    await end(session);
    await session.untilBegun(earlier).catch((error: unknown) => {
      throw new Error(`After ${name}: ${String(error)}`);
    });
    gaps.add(name, performance.now() - begin);
    if (performance.now() - begin > 8000) {
      process.stdout.write(
        `LONG ${name} ${performance.now() - begin}\n${session.log().slice(at)}\n`,
      );
    }
    await sleep(Math.random() * 300);
  }
}

/** Of a server that has just started, when it has come to rest. */
async function resourcesAfterStart(session: Session) {
  const earlier = session.beginnings();
  process.kill(session.serverPid(), 'SIGKILL');
  await session.untilBegun(earlier);
  await sleep(3000);
  return readResources(session);
}
