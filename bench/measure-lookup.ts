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

const WARM_READS = 41;

export async function measureLookup(plan: LookupPlan): Promise<LookupCost[]> {
  const samples = new Map<System, Sample[]>(plan.systems.map((system) => [system, []]));
  // The first container only warms up: a daemon's code is not cold when a container starts.
  for (let turn = -1; turn < plan.namespaces; turn++) {
    if (turn % 10 === 0) process.stderr.write(`bench: container ${turn} of ${plan.namespaces}\n`);
    for (const system of turn % 2 === 0 ? plan.systems : plan.systems.toReversed()) {
      const sample = await measureContainer(plan, system);
      if (turn >= 0) samples.get(system)?.push(sample);
    }
  }
  return [...samples].map(([system, taken]) => ({
    system: system.name,
    namespaces: taken.length,
    firstP50Ns: median(taken.map((sample) => sample.firstNs)),
    firstP90Ns: percentile(
      taken.map((sample) => sample.firstNs),
      90,
    ),
    warmP50Ns: median(taken.map((sample) => sample.warmNs)),
    lookupP50Ns: median(taken.map((sample) => sample.firstNs - sample.warmNs)),
  }));
}

async function measureContainer(plan: LookupPlan, system: System): Promise<Sample> {
  const container = startContainer(plan.scope, { ...plan, systems: [system] });
  try {
    await warmUp(container.reader);
    const path = container.pathOf(system, 'uptime');
    const [firstNs = Number.NaN] = await container.reader.read(path, 1);
    return { firstNs, warmNs: median(await container.reader.read(path, WARM_READS)) };
  } finally {
    await container.stop();
  }
}

/** The reader's own first steps (page faults, dynamic linking) are not the system's. */
async function warmUp(reader: Reader): Promise<void> {
  await reader.read('/proc/version', 5);
}
