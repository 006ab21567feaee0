// What the first read of a container costs, when the daemon has never seen its pid namespace.
import { setTimeout as sleep } from 'node:timers/promises';
import { startContainer } from './container.ts';
import { treeCpuNs, treeReapedNs } from './process-tree.ts';
import type { Reader } from './reader.ts';
import type { Scope } from './scope.ts';
import { mean, median, percentile } from './statistics.ts';
import type { System } from './systems.ts';

export interface LookupCost {
  readonly system: string;
  /** Containers that were read in. */
  readonly containers: number;
  /** Pid namespaces alive meanwhile, the container's among them. */
  readonly namespaces: number;
  readonly firstP50Ns: number;
  readonly firstP99Ns: number;
  /** Of the daemon and of all that it starts; `null` where no daemon answers. */
  readonly firstCpuNs: number | null;
  readonly warmP50Ns: number;
  readonly warmP99Ns: number;
  readonly warmCpuNs: number | null;
  /** Median over namespaces of the first read less that namespace's warm read. */
  readonly lookupP50Ns: number;
}

export interface LookupPlan {
  readonly scope: Scope;
  readonly folder: string;
  readonly readerProgram: string;
  readonly systems: readonly System[];
  /** A reader outside of all containers, for the daemons' CPU clocks. */
  readonly clock: Reader;
  readonly containers: number;
  /** How many other pid namespaces are alive. */
  readonly others: number;
}

interface Sample {
  readonly firstNs: number;
  readonly firstCpuNs: number;
  readonly warmNs: readonly number[];
  readonly warmCpuNs: number;
}

/** A daemon's code is not cold when a container starts on a host that has run for a while. */
const WARM_UP_CONTAINERS = 20;
const WARM_UP_READS = 500;
const WARM_READS = 41;
/** What a daemon does behind an answer, such as releasing the file, belongs to it. */
const SETTLE_MSEC = 2;

/** Before the first measureLookup() with these systems. */
export async function warmUpSystems(plan: LookupPlan): Promise<void> {
  process.stderr.write(`bench: ${WARM_UP_CONTAINERS} containers to warm up\n`);
  for (const system of plan.systems) {
    await measureTurns(plan, [system], { turns: WARM_UP_CONTAINERS, warmReads: WARM_UP_READS });
  }
}

export async function measureLookup(plan: LookupPlan): Promise<LookupCost[]> {
  const { systems, containers: turns, others } = plan;
  process.stderr.write(`bench: ${turns} containers for each system, beside ${others} others\n`);
  const reapedBefore = systems.map(reapedNsOf);
  const samples = await measureTurns(plan, systems, { turns, warmReads: WARM_READS });
  return systems.map((system, index) => {
    const reapedNs = (reapedNsOf(system) - (reapedBefore[index] ?? 0)) / turns;
    const cost = costOf(samples.get(system) ?? [], reapedNs);
    return { system: system.name, namespaces: others + 1, ...withoutCpu(cost, system) };
  });
}

/** The kernel's own files have no daemon to use any. */
function withoutCpu<Cost extends object>(cost: Cost, { pid }: System) {
  return pid === undefined ? { ...cost, firstCpuNs: null, warmCpuNs: null } : cost;
}

function reapedNsOf({ pid }: System): number {
  return pid === undefined ? 0 : treeReapedNs(pid);
}

/** In each turn every system gets a container of its own. */
async function measureTurns(
  plan: LookupPlan,
  systems: readonly System[],
  { turns, warmReads }: { readonly turns: number; readonly warmReads: number },
): Promise<Map<System, Sample[]>> {
  const samples = new Map<System, Sample[]>(systems.map((system) => [system, []]));
  for (let turn = 0; turn < turns; turn++) {
    for (const system of turn % 2 === 0 ? systems : systems.toReversed()) {
      samples.get(system)?.push(await measureContainer(plan, system, warmReads));
    }
  }
  return samples;
}

/** `reapedNs`: what processes that were started for a first read, and have ended, used of CPU. */
function costOf(samples: readonly Sample[], reapedNs: number) {
  const firstNs = samples.map((sample) => sample.firstNs);
  const warmNs = samples.flatMap((sample) => sample.warmNs);
  const lookupNs = samples.map((sample) => sample.firstNs - median(sample.warmNs));
  return {
    containers: samples.length,
    firstP50Ns: median(firstNs),
    firstP99Ns: percentile(firstNs, 99),
    firstCpuNs: mean(samples.map((sample) => sample.firstCpuNs)) + reapedNs,
    warmP50Ns: median(warmNs),
    warmP99Ns: percentile(warmNs, 99),
    warmCpuNs: mean(samples.map((sample) => sample.warmCpuNs)) / WARM_READS,
    lookupP50Ns: median(lookupNs),
  };
}

async function measureContainer(
  plan: LookupPlan,
  system: System,
  warmReads: number,
): Promise<Sample> {
  const container = startContainer(plan.scope, { ...plan, systems: [system] });
  try {
    await warmUp(container.reader);
    const path = container.pathOf(system, 'uptime');
    const readers = { clock: plan.clock, reader: container.reader };
    const first = await timedReads(readers, system, { path, count: 1 });
    const warm = await timedReads(readers, system, { path, count: warmReads });
    return {
      firstNs: first.takenNs[0] ?? Number.NaN,
      firstCpuNs: first.cpuNs,
      warmNs: warm.takenNs,
      warmCpuNs: warm.cpuNs,
    };
  } finally {
    await container.stop();
  }
}

async function timedReads(
  { clock, reader }: { readonly clock: Reader; readonly reader: Reader },
  { pid }: System,
  { path, count }: { readonly path: string; readonly count: number },
): Promise<{ takenNs: readonly number[]; cpuNs: number }> {
  const cpuNow = () => (pid === undefined ? 0 : treeCpuNs(clock, pid));
  const before = await cpuNow();
  const takenNs = await reader.read(path, count);
  await sleep(SETTLE_MSEC);
  return { takenNs, cpuNs: (await cpuNow()) - before };
}

/** The reader's own first steps (page faults, dynamic linking) are not the system's. */
async function warmUp(reader: Reader): Promise<void> {
  await reader.read('/proc/version', 5);
}
