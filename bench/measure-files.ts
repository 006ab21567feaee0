// What one warm read costs: latency as the container's reader sees it and CPU time of the daemon.
import { type Container, FILES, type FileName } from './container.ts';
import { treeCpuNs } from './process-tree.ts';
import type { Reader } from './reader.ts';
import { percentile } from './statistics.ts';
import type { System } from './systems.ts';

export interface FileCost {
  readonly system: string;
  readonly file: FileName;
  readonly reads: number;
  readonly p50Ns: number;
  readonly p99Ns: number;
  /** Per read; `null` when no daemon answers. */
  readonly daemonCpuNs: number | null;
}

export interface FilesPlan {
  readonly container: Container;
  /** A reader outside the container, for the daemons' CPU clocks. */
  readonly clock: Reader;
  readonly systems: readonly System[];
  readonly reads: number;
}

interface Tally {
  readonly system: System;
  readonly latencies: number[];
  cpuNs: number;
}

const ROUND_READS = 250;
/** Of each file, in turns: a daemon that has run for a while has seen all of them in any order. */
const WARM_UP_ROUNDS = 8;
const WARM_UP_READS = 2000;

export async function measureFiles(plan: FilesPlan): Promise<FileCost[]> {
  const costs: FileCost[] = [];
  for (const system of plan.systems) await warmUp(plan, system);
  for (const file of FILES) {
    process.stderr.write(`bench: ${plan.reads} reads of ${file} through each system\n`);
    costs.push(...(await measureFile(plan, file)));
  }
  return costs;
}

async function warmUp({ container }: FilesPlan, system: System): Promise<void> {
  process.stderr.write(`bench: warming up ${system.name}\n`);
  for (let round = 0; round < WARM_UP_ROUNDS; round++) {
    for (const file of FILES) {
      await container.reader.read(container.pathOf(system, file), WARM_UP_READS);
    }
  }
}

/** Short rounds that take turns, every second one in reverse, so that drift hits all alike. */
async function measureFile(plan: FilesPlan, file: FileName): Promise<FileCost[]> {
  const tallies = plan.systems.map((system): Tally => ({ system, latencies: [], cpuNs: 0 }));
  const rounds = Math.ceil(plan.reads / ROUND_READS);
  for (let round = 0; round < rounds; round++) {
    for (const tally of round % 2 === 0 ? tallies : tallies.toReversed()) {
      await measureRound(plan, tally, file);
    }
  }
  return tallies.map(({ system, latencies, cpuNs }) => ({
    system: system.name,
    file,
    reads: latencies.length,
    p50Ns: percentile(latencies, 50),
    p99Ns: percentile(latencies, 99),
    daemonCpuNs: system.pid === undefined ? null : cpuNs / latencies.length,
  }));
}

async function measureRound(plan: FilesPlan, tally: Tally, file: FileName): Promise<void> {
  const { pid } = tally.system;
  const path = plan.container.pathOf(tally.system, file);
  const before = pid === undefined ? 0 : await treeCpuNs(plan.clock, pid);
  tally.latencies.push(...(await plan.container.reader.read(path, ROUND_READS)));
  if (pid !== undefined) tally.cpuNs += (await treeCpuNs(plan.clock, pid)) - before;
}
