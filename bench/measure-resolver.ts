// What finding a container's init costs without a file system around it: nsproc's own resolver,
// called in this process for namespaces that it has never seen.
import { performance } from 'node:perf_hooks';
import { chooseStrategy, probeStrategies } from '../src/reader/choose-strategy.ts';
import { ReaderResolver } from '../src/reader/resolver.ts';
import type { InitStrategy } from '../src/reader/strategies/init-strategy.ts';
import { type Container, startContainer } from './container.ts';
import type { LookupPlan } from './measure-lookup.ts';
import { median, percentile } from './statistics.ts';

export interface ResolverCost {
  readonly strategy: string;
  readonly namespaces: number;
  /** From the caller's thread id to its container's verified init and cgroups. */
  readonly firstP50Ns: number;
  readonly firstP90Ns: number;
  readonly warmP50Ns: number;
}

interface Tally {
  readonly strategy: InitStrategy;
  readonly firstNs: number[];
  readonly warmNs: number[];
}

const WARM_UP_LOOKUPS = 300;
const WARM_LOOKUPS = 41;
const CACHE_TTL_MSEC = 10_000;

export async function measureResolvers(plan: LookupPlan): Promise<ResolverCost[]> {
  const tallies = probeStrategies()
    .filter(({ works }) => works)
    .map(({ name }) => chooseStrategy(name).strategy)
    .map((strategy): Tally => ({ strategy, firstNs: [], warmNs: [] }));
  for (let turn = -1; turn < plan.namespaces; turn++) {
    for (const tally of tallies) await withContainer(plan, (pid) => lookUp(tally, pid, turn < 0));
  }
  return tallies.map(({ strategy, firstNs, warmNs }) => ({
    strategy: strategy.name,
    namespaces: firstNs.length,
    firstP50Ns: median(firstNs),
    firstP90Ns: percentile(firstNs, 90),
    warmP50Ns: median(warmNs),
  }));
}

async function withContainer(plan: LookupPlan, body: (readerPid: number) => void): Promise<void> {
  const container: Container = startContainer(plan.scope, { ...plan, systems: [] });
  try {
    await container.reader.read('/proc/version', 1);
    body(container.readerPid());
  } finally {
    await container.stop();
  }
}

function lookUp({ strategy, firstNs, warmNs }: Tally, pid: number, isWarmUp: boolean): void {
  if (isWarmUp) {
    for (let i = 0; i < WARM_UP_LOOKUPS; i++) {
      withResolver(strategy, (resolver) => timeNs(resolver, pid));
    }
    return;
  }
  withResolver(strategy, (resolver) => {
    firstNs.push(timeNs(resolver, pid));
    const again = Array.from({ length: WARM_LOOKUPS }, () => timeNs(resolver, pid));
    warmNs.push(median(again));
  });
}

function withResolver(strategy: InitStrategy, body: (resolver: ReaderResolver) => void): void {
  const resolver = new ReaderResolver({ strategy, cacheTtlMsec: CACHE_TTL_MSEC });
  body(resolver);
  resolver.close();
}

function timeNs(resolver: ReaderResolver, pid: number): number {
  const start = performance.now();
  const { kind } = resolver.resolve(pid);
  const elapsedNs = (performance.now() - start) * 1e6;
  if (kind !== 'container') throw new Error(`Cannot find the init of process ${pid}: ${kind}`);
  return elapsedNs;
}
