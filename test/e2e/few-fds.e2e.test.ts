// A daemon that may have hardly more files open than it has at start: containers see their
// own numbers all the same, never the host's. And one whose containers would have it open many.

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

async function startWith(mib: number, mountPoint: string, depth = 0): Promise<Container> {
  const cgroup = makeCgroup({ memoryBytes: mib * 2 ** 20 });
  teardown.add(() => cgroup.remove());
  let innermost = cgroup;
  for (let level = 0; level < depth; level++) innermost = innermost.makeChild('n');
  const container = await startContainer({ cgroup: innermost, mounts: mountsOf(mountPoint) });
  teardown.add(() => container.stop());
  return container;
}

function fdCountOf(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}

it('a daemon that runs out of fds gives back what it kept and goes on', async () => {
  const daemon = await startDaemon({ args: ['--workers', '1'] });
  teardown.add(() => daemon.stop());
  const containers = await Promise.all(memoryMib.map((mib) => startWith(mib, daemon.mountPoint)));
  const limit = fdCountOf(daemon.pid) + spareFds;
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

it('a container whose cgroups are nested without end has its numbers, for fds of the first', async () => {
  const daemon = await startDaemon({ args: ['--workers', '1'] });
  teardown.add(() => daemon.stop());
  const container = await startWith(48, daemon.mountPoint, 300);
  const before = fdCountOf(daemon.pid);
  expect(kibOf(await readIn(container, 'meminfo'), 'MemTotal')).toBe(48 * 1024);
  await readIn(container, 'stat');
  const taken = fdCountOf(daemon.pid) - before;
  // Quotas in each of 64; limits of memory and of swap, where a cgroup does not tell those above.
  expect(taken).toBeGreaterThan(64);
  expect(taken).toBeLessThan(64 * 5);
});
