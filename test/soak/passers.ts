// Containers that come and go all the time, so many in a second.

import { existsSync, readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeCgroup } from '../support/cgroups.ts';
import { run } from '../support/commands.ts';
import { compileProgram } from '../support/programs.ts';

const MiB = 2 ** 20;
const smallestMiB = 40;
/** When the machine is too slow for more, fewer come. */
const mostAtOnce = 40;
const systemCpus = '/sys/devices/system/cpu/online';

/** What passed since somebody last asked. */
export interface Passed {
  readonly containers: number;
  /** Whole texts: open, all reads, close. */
  readonly firstUsec: readonly number[];
  readonly againUsec: readonly number[];
  readonly faults: readonly string[];
}

export interface Passers {
  take(): Passed;
  /** Returns when the last one is gone. */
  end(): Promise<void>;
}

export function startPassers(mountPoint: string, perSecond: number): Passers {
  const pairs = filesOf(mountPoint).flatMap((path) => [`${mountPoint}${path}`, path]);
  const present = new Set<Promise<void>>();
  let passed = nobody();
  let isWanted = true;
  let count = 0;
  const letOneIn = (): void => {
    const passing = pass(smallestMiB + (count++ % 100), pairs)
      .then((output) => addPassage(passed, output))
      .catch((error: unknown) => void passed.faults.push(String(error)))
      .finally(() => present.delete(passing));
    present.add(passing);
  };
  const running = (async () => {
    let dueMsec = performance.now();
    while (isWanted) {
      if (present.size < mostAtOnce) letOneIn();
      // Who comes too late does not make up for it: that would be a burst.
      dueMsec = Math.max(dueMsec + 1000 / perSecond, performance.now());
      await sleep(dueMsec - performance.now());
    }
    await Promise.all(present);
  })();
  return {
    take: () => {
      const taken = passed;
      passed = nobody();
      return taken;
    },
    end: async () => {
      isWanted = false;
      await running;
    },
  };
}

function nobody() {
  return {
    containers: 0,
    firstUsec: [] as number[],
    againUsec: [] as number[],
    faults: [] as string[],
  };
}

function filesOf(mountPoint: string): string[] {
  const names = readdirSync(`${mountPoint}/proc`).filter((name) => existsSync(`/proc/${name}`));
  const files = names.flatMap((name) =>
    name === 'pressure' ? ['cpu', 'io', 'memory'].map((file) => `pressure/${file}`) : [name],
  );
  return [...files.map((file) => `/proc/${file}`), systemCpus];
}

/** What the container wrote. */
async function pass(memoryMib: number, pairs: readonly string[]): Promise<string> {
  const cgroup = makeCgroup({ memoryBytes: memoryMib * MiB });
  try {
    const program = compileProgram('passing-container');
    const { procsFiles } = cgroup;
    const wantedKib = String(memoryMib * 1024);
    const outcome = await run([program, wantedKib, ...procsFiles, '--', ...pairs]);
    const { status, stdout, stderr } = outcome;
    return status === 0 ? stdout : `${stdout}error ${stderr.trim()}, status ${status}\n`;
  } finally {
    await cgroup.remove();
  }
}

function addPassage(passed: ReturnType<typeof nobody>, output: string): void {
  passed.containers += 1;
  for (const line of output.split('\n')) {
    const [word, ...rest] = line.split(' ');
    if (word === 'first') passed.firstUsec.push(...rest.map(Number));
    else if (word === 'again') passed.againUsec.push(...rest.map(Number));
    else if (line !== '') passed.faults.push(line);
  }
}
