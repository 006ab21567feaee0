// Errors that nobody foresaw, thrown in every layer while containers read.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { missing } from '../support/requirements.ts';
import { makeTeardown } from '../support/teardown.ts';
import { isLong, slowness } from './chaos-length.ts';
import { type CrowdMember, joinCrowd, sumOf } from './crowd.ts';
import { copyServer } from './server-copy.ts';
import { startSession } from './session.ts';

const readers = 6;
const msec = isLong ? 20_000 : 4000;
const layers = ['view', 'host', 'cgroup', 'procfs', 'reader', 'vfs', 'tree', 'fuse', 'transport'];

const lacking = missing('root', 'fuse', 'cgroup:memory');
const teardown = makeTeardown();
beforeEach((ctx) => ctx.skip(lacking !== undefined, lacking));
afterEach(() => teardown.run());

it('readers notice nothing of errors in any layer', { timeout: 120_000 * slowness }, async () => {
  const copy = copyServer(teardown);
  copy.useWorker('faulty-worker.mjs');
  const session = await startSession(teardown, (mountPoint) => copy.argv(mountPoint));
  const server = session.serverPid();
  const crowd: CrowdMember[] = [];
  for (let reader = 0; reader < readers; reader++) {
    crowd.push(await joinCrowd(teardown, { mountPoint: session.mountPoint, pauseMsec: 5 }));
  }
  await sleep(msec);
  const { faults, ...report } = sumOf(await Promise.all(crowd.map(({ leave }) => leave())));
  process.stdout.write(`faults in layers: ${JSON.stringify(report)}\n`);
  expect(report, faults.slice(0, 4000)).toMatchObject({ errors: 0, wrongTexts: 0 });
  expect(session.serverPid()).toBe(server);
  const thrown = readFileSync(join(copy.directory, 'faults'), 'latin1');
  for (const layer of layers) expect(thrown).toContain(`${layer}\n`);
});
