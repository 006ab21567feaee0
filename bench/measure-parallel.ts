// How many reads a second a system answers when several processes of one container read at once.
import { type Container, FILES, type FileName } from './container.ts';
import type { System } from './systems.ts';

export interface Throughput {
  readonly system: string;
  readonly file: FileName;
  readonly readers: number;
  readonly readsPerSecond: number;
}

export interface ParallelPlan {
  readonly container: Container;
  readonly systems: readonly System[];
  readonly rounds: number;
}

export const READERS = [1, 2, 8] as const;
const ROUND_MSEC = 250;
const WARM_UP_MSEC = 1000;
const NS_PER_SECOND = 1e9;

export async function measureParallel(plan: ParallelPlan): Promise<Throughput[]> {
  const results: Throughput[] = [];
  for (const file of FILES) {
    for (const system of plan.systems) {
      const path = plan.container.pathOf(system, file);
      await plan.container.reader.load(path, Math.max(...READERS), WARM_UP_MSEC);
    }
    for (const readers of READERS) {
      process.stderr.write(`bench: ${readers} parallel readers of ${file}\n`);
      results.push(...(await measureLoad(plan, file, readers)));
    }
  }
  return results;
}

async function measureLoad(
  plan: ParallelPlan,
  file: FileName,
  readers: number,
): Promise<Throughput[]> {
  const totals = plan.systems.map((system) => ({ system, reads: 0, elapsedNs: 0 }));
  for (let round = 0; round < plan.rounds; round++) {
    for (const total of round % 2 === 0 ? totals : totals.toReversed()) {
      const path = plan.container.pathOf(total.system, file);
      const { reads, elapsedNs } = await plan.container.reader.load(path, readers, ROUND_MSEC);
      total.reads += reads;
      total.elapsedNs += elapsedNs;
    }
  }
  return totals.map(({ system, reads, elapsedNs }) => ({
    system: system.name,
    file,
    readers,
    readsPerSecond: (reads * NS_PER_SECOND) / elapsedNs,
  }));
}
