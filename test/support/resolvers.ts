// Resolvers for tests of who asks: by each strategy that works on this kernel.

import { readFileSync, readlinkSync } from 'node:fs';
import { parsePidStat } from '../../src/kernel/pid-stat.ts';
import { chooseStrategy } from '../../src/reader/choose-strategy.ts';
import type { ContainerReader } from '../../src/reader/reader.ts';
import { ReaderResolver } from '../../src/reader/resolver.ts';
import {
  type InitStrategy,
  type StrategyName,
  strategyNames,
} from '../../src/reader/strategies/init-strategy.ts';
import { missing } from './requirements.ts';

/** Time limits are stretched on machines that are known to be slow. */
export const slowness = Number(process.env['NSPROC_TEST_SLOW'] ?? 1);

const longMsec = 3_600_000;

export type StrategyCase =
  | { readonly name: StrategyName; readonly strategy: InitStrategy }
  | { readonly name: StrategyName; readonly reason: string };

function caseOf(name: StrategyName): StrategyCase {
  const lacking = missing('root');
  if (lacking !== undefined) return { name, reason: lacking };
  try {
    return { name, strategy: chooseStrategy(name) };
  } catch (error) {
    return { name, reason: String(error) };
  }
}

/** Every strategy, or the reason why it can't be used here. */
export const strategyCases: readonly StrategyCase[] = strategyNames.map(caseOf);

/** Those that can. */
export const workingCases = strategyCases.filter((found) => 'strategy' in found);

/** Whose cache does not expire unless a test wants it to. */
export function makeResolver(
  strategy: InitStrategy,
  { cacheTtlMsec = longMsec, cacheMax = 100 } = {},
): ReaderResolver {
  return new ReaderResolver({ strategy, cacheTtlMsec, cacheMax });
}

/** The strategy with its questions counted, and the answers changed if wanted. */
export function watched(strategy: InitStrategy, answer?: () => number) {
  const seen = { count: 0 };
  const readInitPid = (pidnsFd: number): number | undefined => {
    seen.count += 1;
    return answer === undefined ? strategy.readInitPid(pidnsFd) : answer();
  };
  return { seen, strategy: { ...strategy, readInitPid } };
}

export function startTicksOf(pid: number): number {
  return parsePidStat(readFileSync(`/proc/${pid}/stat`, 'latin1')).startTicks;
}

export function pidnsInodeOf(pid: number): number {
  return Number(readlinkSync(`/proc/${pid}/ns/pid`).replace(/\D/g, ''));
}

/** What a reader in init's own namespaces must come to, in a container that is not nested. */
export function readerBehind(initPid: number): ContainerReader {
  return {
    kind: 'container',
    initPid,
    initStartTicks: startTicksOf(initPid),
    pidnsInode: pidnsInodeOf(initPid),
    outermostPidns: pidnsInodeOf(initPid),
    cgroupText: readFileSync(`/proc/${initPid}/cgroup`, 'latin1'),
  };
}
