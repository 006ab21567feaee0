// What the first read of a container costs, when the daemon has never seen its pid namespace.
import { startContainer } from './container.ts';
import type { Reader } from './reader.ts';
import type { Scope } from './scope.ts';
import { median, percentile } from './statistics.ts';
import type { System } from './systems.ts';

export interface LookupCost {
  readonly system: string;
  readonly namespaces: number;
  readonly firstP50Ns: number;
  readonly firstP90Ns: number;
  readonly warmP50Ns: number;
  /** Median over namespaces of the first read less that namespace's warm read. */
  readonly lookupP50Ns: number;
}

export interface LookupPlan {
  readonly scope: Scope;
  readonly folder: string;
  readonly readerProgram: string;
  readonly systems: readonly System[];
  readonly namespaces: number;
}

interface Sample {
  readonly firstNs: number;
  readonly warmNs: number;
}

/** A daemon's code is not cold when a container starts on a host that has run for a while. */
const WARM_UP_CONTAINERS = 20;
const WARM_UP_READS = 500;
const WARM_READS = 41;

export async function measureLookup(plan: LookupPlan): Promise<LookupCost[]> {
  process.stderr.write(`bench: ${WARM_UP_CONTAINERS} containers to warm up\n`);
  await measureTurns(plan, WARM_UP_CONTAINERS, WARM_UP_READS);
  process.stderr.write(`bench: ${plan.namespaces} containers for each system\n`);
  const samples = await measureTurns(plan, plan.namespaces, WARM_READS);
  return [...samples].map(([system, taken]) => costOf(system, taken));
}

/** In each turn every system gets a container of its own. */
async function measureTurns(
  plan: LookupPlan,
  turns: number,
  warmReads: number,
): Promise<Map<System, Sample[]>> {
  const samples = new Map<System, Sample[]>(plan.systems.map((system) => [system, []]));
  for (let turn = 0; turn < turns; turn++) {
    for (const system of turn % 2 === 0 ? plan.systems : plan.systems.toReversed()) {
      samples.get(system)?.push(await measureContainer(plan, system, warmReads));
    }
  }
  return samples;
}

function costOf(system: System, samples: readonly Sample[]): LookupCost {
  const firstNs = samples.map((sample) => sample.firstNs);
  return {
    system: system.name,
    namespaces: samples.length,
    firstP50Ns: median(firstNs),
    firstP90Ns: percentile(firstNs, 90),
    warmP50Ns: median(samples.map((sample) => sample.warmNs)),
    lookupP50Ns: median(samples.map((sample) => sample.firstNs - sample.warmNs)),
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
    const [firstNs = Number.NaN] = await container.reader.read(path, 1);
    return { firstNs, warmNs: median(await container.reader.read(path, warmReads)) };
  } finally {
    await container.stop();
  }
}

/** The reader's own first steps (page faults, dynamic linking) are not the system's. */
async function warmUp(reader: Reader): Promise<void> {
  await reader.read('/proc/version', 5);
}
