// A hundred readers of several containers at once: each gets its own container's whole
// text, and no error.

import { describe, expect, it } from 'vitest';
import { kibOf } from '../support/proc-texts.ts';
import { compileProgram } from '../support/programs.ts';
import { readIn, useServingScene } from '../support/serving-scene.ts';

const scene = useServingScene('cgroup:memory');
const containerCount = 5;
const readersEach = 20;
const seconds = '3';

/** Reads in loops in all containers at once; how often each read its three files. */
async function readEverywhere(bufferBytes: number): Promise<number[]> {
  const program = compileProgram('read-loop');
  const memoryKib = Array.from({ length: containerCount }, (_, index) => (32 + 8 * index) * 1024);
  const outcomes = await Promise.all(
    memoryKib.map(async (kib) => {
      const cgroup = scene().makeCgroup({ memoryBytes: kib * 1024 });
      const container = await scene().start({ cgroup });
      const args = [String(readersEach), seconds, String(kib), String(bufferBytes)];
      return await container.exec([program, ...args]);
    }),
  );
  expect(outcomes).toEqual(outcomes.map(({ stdout }) => ({ stdout, stderr: '', status: 0 })));
  return outcomes.map(({ stdout }) => Number(stdout));
}

/** On an emulated machine a worker may get no CPU for so long that it seems stuck. */
function complaints(): string[] {
  const isSlow = Number(process.env['NSPROC_TEST_SLOW'] ?? 1) > 1;
  const lines = scene().daemon.log().split('\n');
  return lines.filter(
    (line) => /"level":[456]0/.test(line) && !(isSlow && line.includes('is stuck in a request')),
  );
}

describe('a hundred readers', () => {
  it.each([
    ['whole texts', 1 << 20],
    ['texts in pieces', 256],
  ])('of %s get what is theirs', async (_, bufferBytes) => {
    const counts = await readEverywhere(bufferBytes);
    expect(counts).toHaveLength(containerCount);
    // Each reader gets its turn.
    for (const count of counts) expect(count).toBeGreaterThanOrEqual(readersEach);
    expect(complaints()).toEqual([]);
  });

  it('leave the daemon as it was', async () => {
    const cgroup = scene().makeCgroup({ memoryBytes: 24 * 2 ** 20 });
    const container = await scene().start({ cgroup });
    expect(kibOf(await readIn(container, 'meminfo'), 'MemTotal')).toBe(24 * 1024);
  });
});
