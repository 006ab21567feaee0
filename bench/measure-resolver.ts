// What finding a container's init costs without a file system around it: nsproc's own resolver, asked
// about namespaces that it has never seen, by each strategy of this kernel, with few and many
// namespaces alive, in a small process and in a large one (looker.mjs).
import { join } from 'node:path';
import { probeStrategies } from '../src/reader/choose-strategy.ts';
import type { LiveNamespaces } from './live-namespaces.ts';
import { type Program, startProgram } from './program.ts';
import { openScope, type Scope } from './scope.ts';
import { mean, median, percentile } from './statistics.ts';

export interface ResolverCost {
  readonly strategy: string;
  /** Pid namespaces alive meanwhile, the one that is looked up among them. */
  readonly namespaces: number;
  /** Of the process that looks. */
  readonly memoryMib: number;
  readonly lookups: number;
  /** From the caller's thread id to its container's verified init and cgroups. */
  readonly firstP50Ns: number;
  readonly firstP99Ns: number;
  /** Of the process and of all programs that it starts for it. */
  readonly firstCpuNs: number;
  /** The same again, from the cache. */
  readonly warmP50Ns: number;
  readonly warmP99Ns: number;
  readonly warmCpuNs: number;
}

export interface ResolverPlan {
  readonly scope: Scope;
  readonly live: LiveNamespaces;
  readonly lookups: number;
}

interface Look {
  readonly coldNs: number;
  readonly warmNs: readonly number[];
  readonly coldCpuNs: number;
  readonly warmCpuNs: number;
}

/** About what a daemon has, and what one would have that leaked, or was given far more to do. */
const MEMORIES_MIB = [60, 500];
const WARM_UP_LOOKUPS = 300;
const WARM_LOOKUPS = 20;

export async function measureResolvers(plan: ResolverPlan): Promise<ResolverCost[]> {
  const costs: ResolverCost[] = [];
  for (const { name, works } of probeStrategies()) {
    if (!works) continue;
    for (const memoryMib of MEMORIES_MIB) costs.push(await measureIn(plan, name, memoryMib));
  }
  return costs;
}

async function measureIn(
  { scope: parent, live, lookups }: ResolverPlan,
  strategy: string,
  memoryMib: number,
): Promise<ResolverCost> {
  const scope = openScope();
  parent.defer(() => scope.close());
  const path = join(import.meta.dirname, 'looker.mjs');
  const looker = startProgram(scope, [process.execPath, path, strategy, `${memoryMib}`]);
  try {
    const memory: { memoryMib: number } = JSON.parse(await looker.nextLine());
    await live.withFresh((pid) => looker.ask(`warm-up ${pid} ${WARM_UP_LOOKUPS}`));
    if (live.initPids.length > 0) await looker.ask(`learn ${live.initPids.join(' ')}`);
    const reapedNs = Number(await looker.ask('reaped'));
    const looks: Look[] = [];
    while (looks.length < lookups) looks.push(await live.withFresh((pid) => lookAt(looker, pid)));
    const startedNs = (Number(await looker.ask('reaped')) - reapedNs) / lookups;
    const namespaces = live.initPids.length + 1;
    return { strategy, namespaces, ...memory, ...costOf(looks, startedNs) };
  } finally {
    await scope.close();
  }
}

async function lookAt(looker: Program, pid: number): Promise<Look> {
  return JSON.parse(await looker.ask(`look ${pid} ${WARM_LOOKUPS}`));
}

/** `startedNs`: what programs that were started for the lookup used, on average. */
function costOf(looks: readonly Look[], startedNs: number) {
  const firstNs = looks.map(({ coldNs }) => coldNs);
  const warmNs = looks.flatMap((look) => look.warmNs);
  return {
    lookups: looks.length,
    firstP50Ns: median(firstNs),
    firstP99Ns: percentile(firstNs, 99),
    firstCpuNs: mean(looks.map(({ coldCpuNs }) => coldCpuNs)) + startedNs,
    warmP50Ns: median(warmNs),
    warmP99Ns: percentile(warmNs, 99),
    warmCpuNs: mean(looks.map(({ warmCpuNs }) => warmCpuNs)) / WARM_LOOKUPS,
  };
}
