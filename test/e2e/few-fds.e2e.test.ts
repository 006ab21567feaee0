// A daemon that may have hardly more files open than it has at start: containers see their
// own numbers all the same, never the host's.

import { readdirSync } from 'node:fs';
import { afterAll, beforeEach, expect, it } from 'vitest';
import { makeCgroup } from '../support/cgroups.ts';
import { runOrThrow } from '../support/commands.ts';
import { type Container, startContainer } from '../support/containers.ts';
import { startDaemon } from '../support/daemon.ts';
import { kibOf } from '../support/proc-texts.ts';
import { missing } from '../support/requirements.ts';
import { mountsOf } from '../support/runtime-container.ts';
import { readIn } from '../support/serving-scene.ts';
import { makeTeardown } from '../support/teardown.ts';

const lacking = missing('root', 'fuse', 'cgroup:memory');
const teardown = makeTeardown();
beforeEach((ctx) => ctx.skip(lacking !== undefined, lacking));
afterAll(() => teardown.run());

/** Enough for one container, not for all. */
const spareFds = 40;
const memoryMib = [16, 24, 32, 40, 48, 56];

async function startWith(mib: number, mountPoint: string): Promise<Container> {
  const cgroup = makeCgroup({ memoryBytes: mib * 2 ** 20 });
  teardown.add(() => cgroup.remove());
  const container = await startContainer({ cgroup, mounts: mountsOf(mountPoint) });
  teardown.add(() => container.stop());
  return container;
}

it('a daemon that runs out of fds gives back what it kept and goes on', async () => {
  const daemon = await startDaemon({ args: ['--workers', '1'] });
  teardown.add(() => daemon.stop());
  const containers = await Promise.all(memoryMib.map((mib) => startWith(mib, daemon.mountPoint)));
  const limit = readdirSync(`/proc/${daemon.pid}/fd`).length + spareFds;
  await runOrThrow(['prlimit', `--pid=${daemon.pid}`, `--nofile=${limit}:`]);
  for (let round = 0; round < 2; round++) {
    for (const [index, container] of containers.entries()) {
      const text = await readIn(container, 'meminfo');
      expect(kibOf(text, 'MemTotal')).toBe((memoryMib[index] ?? 0) * 1024);
      await readIn(container, 'stat');
      await readIn(container, 'uptime');
    }
  }
  expect(daemon.log()).not.toMatch(/"level":[456]0/);
});
