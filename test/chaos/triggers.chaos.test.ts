// Triggers of pressure files outlive the servers that set them.

import { existsSync, readFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { run } from '../support/commands.ts';
import { joinArgv } from '../support/containers.ts';
import { compileProgram } from '../support/programs.ts';
import { missing } from '../support/requirements.ts';
import { makeTeardown } from '../support/teardown.ts';
import { startWatched } from '../support/watched-process.ts';
import { slowness } from './chaos-length.ts';
import { joinCrowd } from './crowd.ts';
import { copyServer } from './server-copy.ts';
import { startSession } from './session.ts';
import { waysToEnd } from './ways-to-end.ts';

const hasTriggers =
  /^\S+ \S+ cgroup2 /m.test(readFileSync('/proc/mounts', 'utf8')) &&
  existsSync('/proc/pressure/cpu');
const lacking = hasTriggers
  ? missing('root', 'fuse')
  : 'needs a v2 hierarchy and a kernel with pressure information (psi=1)';
const teardown = makeTeardown();
beforeEach((ctx) => ctx.skip(lacking !== undefined, lacking));
afterEach(() => teardown.run());

const POLLPRI = 2;
const ends = ['SIGKILL', 'replacement', 'SIGKILL for the holder'] as const;
const trigger = ['/proc/pressure/cpu', 'some 100000 2000000', '60000'] as const;

it('a poller hears of pressure after the server died', {
  timeout: 120_000 * slowness,
}, async () => {
  const copy = copyServer(teardown);
  const session = await startSession(teardown, (mountPoint) => copy.argv(mountPoint));
  const options = { mountPoint: session.mountPoint, pauseMsec: 5, isSilent: true };
  const { container } = await joinCrowd(teardown, options);
  const program = compileProgram('pressure-triggers');
  const poller = startWatched(container.execArgv([program, 'watch', ...trigger]));
  await poller.untilPrinted(/ready/);
  for (const name of ends) {
    const earlier = session.beginnings();
    await waysToEnd[name]?.(session);
    await session.untilBegun(earlier);
  }
  expect(session.log()).toContain('took triggers over');
  expect(poller.output()).toBe('ready\n');
  const load = run([...joinArgv(container.cgroup), program, 'spin', '6', '10']);
  await poller.ended;
  expect(Number(poller.output().split('\n')[1]) & POLLPRI).toBe(POLLPRI);
  await load;
});
