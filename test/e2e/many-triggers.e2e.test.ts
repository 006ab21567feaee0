// More triggers of pressure files than a message takes fds, over a stop and the next start.

import { existsSync, readFileSync } from 'node:fs';
import { afterAll, beforeEach, expect, it } from 'vitest';
import { makeCgroup } from '../support/cgroups.ts';
import { run } from '../support/commands.ts';
import { type Container, joinArgv, startContainer } from '../support/containers.ts';
import { startServe } from '../support/nsproc-process.ts';
import { waitForPressure } from '../support/pressure-mount.ts';
import { compileProgram } from '../support/programs.ts';
import { missing } from '../support/requirements.ts';
import { makeTeardown } from '../support/teardown.ts';
import { startWatched } from '../support/watched-process.ts';

const hasTriggers =
  /^\S+ \S+ cgroup2 /m.test(readFileSync('/proc/mounts', 'utf8')) &&
  existsSync('/proc/pressure/cpu');
const lacking = hasTriggers
  ? missing('root', 'fuse', 'util-linux')
  : 'needs a v2 hierarchy and a kernel with pressure information (psi=1)';
const teardown = makeTeardown();
beforeEach((ctx) => ctx.skip(lacking !== undefined, lacking));
afterAll(() => teardown.run());

const POLLPRI = 2;
const file = '/proc/pressure/cpu';
const trigger = 'some 100000 2000000';
/** As many as one container may have. */
const triggersOfEach = 64;

async function startUser(mountPoint: string): Promise<Container> {
  const cgroup = makeCgroup();
  teardown.add(() => cgroup.remove());
  const container = await startContainer({
    cgroup,
    mounts: [[`${mountPoint}/proc/pressure`, '/proc/pressure']],
  });
  teardown.add(() => container.stop());
  return container;
}

it('all of them go on', async () => {
  const mountPoint = teardown.makeDir();
  const first = await startServe(teardown, { mountPoint });
  await waitForPressure(mountPoint);
  const program = compileProgram('pressure-triggers');
  for (let user = 0; user < 5; user++) {
    const container = await startUser(mountPoint);
    const hold = [program, 'many', file, trigger, String(triggersOfEach), '120'];
    const holding = startWatched(container.execArgv(hold));
    teardown.add(() => holding.signal('SIGKILL'));
    await holding.untilPrinted(new RegExp(`^${triggersOfEach} 0$`, 'm'));
  }
  const container = await startUser(mountPoint);
  const poller = startWatched(container.execArgv([program, 'watch', file, trigger, '60000']));
  await poller.untilPrinted(/ready/);
  first.signal('SIGTERM');
  expect(await first.ended).toBe(0);
  const second = await startServe(teardown, { mountPoint });
  expect(second.output()).toMatch(/"triggers":321,.*took triggers over/);
  expect(poller.output()).toBe('ready\n');
  const load = run([...joinArgv(container.cgroup), program, 'spin', '6', '10']);
  await poller.ended;
  expect(Number(poller.output().split('\n')[1]) & POLLPRI).toBe(POLLPRI);
  await load;
});
