import { spawn } from 'node:child_process';
import { expect, test } from 'vitest';
import { ContainerCgroup } from '../../../src/cgroup/container-cgroup.ts';
import { parseLayout } from '../../../src/cgroup/layout.ts';
import { parseMembership } from '../../../src/cgroup/membership.ts';
import { type MemoryReading, readMemory } from '../../../src/cgroup/memory.ts';
import { readTextFile } from '../../../src/kernel/kept-file.ts';
import { makeCgroup } from '../../support/cgroups.ts';
import { missing } from '../../support/requirements.ts';

test('readMemory() is undefined on a host without cgroups', () => {
  const cgroup = new ContainerCgroup(parseLayout('', ''), parseMembership('0::/a\n'));
  expect(readMemory(cgroup)).toBeUndefined();
});

function limitOf(reading: MemoryReading | undefined): number | null | undefined {
  return reading?.version === 1 ? reading.limitInBytes : reading?.maxBytes;
}

function usageOf(reading: MemoryReading | undefined): number {
  return (reading?.version === 1 ? reading.usageInBytes : reading?.currentBytes) ?? 0;
}

test('readMemory() follows a real cgroup to its end', async (ctx) => {
  const reason = missing('root', 'cgroup:memory');
  ctx.skip(reason !== undefined, reason);

  const parent = makeCgroup({ memoryBytes: 64 * 2 ** 20 }, 'outer');
  const child = parent.makeChild('inner', { memoryBytes: 128 * 2 ** 20 });
  const sleeper = spawn('sleep', ['60'], { stdio: 'ignore' });
  child.addProcess(sleeper.pid ?? 0);
  const cgroup = new ContainerCgroup(
    parseLayout(readTextFile('/proc/self/mountinfo') ?? '', ''),
    parseMembership(readTextFile(`/proc/${sleeper.pid}/cgroup`) ?? ''),
  );
  try {
    expect(limitOf(readMemory(cgroup))).toBe(64 * 2 ** 20);
    parent.setLimits({ memoryBytes: 32 * 2 ** 20 });
    expect(limitOf(readMemory(cgroup))).toBe(32 * 2 ** 20);
    expect(usageOf(readMemory(cgroup))).toBeLessThan(32 * 2 ** 20);
    sleeper.kill('SIGKILL');
    await parent.remove();
    expect(readMemory(cgroup)).toBeUndefined();
  } finally {
    sleeper.kill('SIGKILL');
    cgroup.close();
    await parent.remove();
  }
});
