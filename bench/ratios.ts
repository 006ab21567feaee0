// nsproc's cost as a part of LXCFS's, with the project's aims beside it.
import { FILES } from './container.ts';
import type { FileCost } from './measure-files.ts';
import type { SamplingCost } from './measure-loadavg.ts';
import type { LookupCost } from './measure-lookup.ts';
import type { Throughput } from './measure-parallel.ts';
import type { ResolverCost } from './measure-resolver.ts';

const LATENCY_AIM = 1 / 2;
const CPU_AIM = 1 / 3;
const LOOKUP_AIM = 1 / 20;

/** What was measured; a mode that was not asked for is absent. */
export interface Results {
  readonly files?: readonly FileCost[];
  readonly lookup?: readonly LookupCost[];
  readonly resolvers?: readonly ResolverCost[];
  readonly parallel?: readonly Throughput[];
  readonly loadavg?: readonly SamplingCost[];
}

export interface Ratio {
  readonly what: string;
  readonly ratio: number;
  /** The most it should be; `null` where nothing is aimed at. */
  readonly aim: number | null;
  readonly met: boolean | null;
}

export function ratiosOf({ files = [], lookup = [], resolvers = [] }: Results): Ratio[] {
  return [...ratiosOfFiles(files), ...ratiosOfLookup(lookup, resolvers)];
}

function ratiosOfFiles(costs: readonly FileCost[]): Ratio[] {
  return FILES.flatMap((file) => {
    const ours = costs.find((cost) => cost.system === 'nsproc' && cost.file === file);
    const theirs = costs.find((cost) => cost.system === 'lxcfs' && cost.file === file);
    if (ours === undefined || theirs === undefined) return [];
    return [
      ratioOf(`${file}: latency p50`, ours.p50Ns / theirs.p50Ns, LATENCY_AIM),
      ratioOf(
        `${file}: daemon CPU`,
        (ours.daemonCpuNs ?? Number.NaN) / (theirs.daemonCpuNs ?? Number.NaN),
        CPU_AIM,
      ),
    ];
  });
}

/** Which of the first reads is LXCFS's, with so many namespaces alive. */
export function isLxcfsBeside(namespaces: number): (cost: LookupCost) => boolean {
  return (cost) => cost.system === 'lxcfs' && cost.namespaces === namespaces;
}

function ratiosOfLookup(costs: readonly LookupCost[], resolvers: readonly ResolverCost[]): Ratio[] {
  const firstReads = costs.filter((cost) => cost.system.startsWith('nsproc'));
  return [
    ...firstReads.flatMap(({ system, namespaces, firstP50Ns }) => {
      const theirs = costs.find(isLxcfsBeside(namespaces));
      if (theirs === undefined) return [];
      const what = `first read: ${system}, ${namespaces} namespaces`;
      return [ratioOf(what, firstP50Ns / theirs.firstP50Ns, null)];
    }),
    ...resolvers.flatMap(({ strategy, namespaces, memoryMib, firstP50Ns }) => {
      const theirs = costs.find(isLxcfsBeside(namespaces));
      if (theirs === undefined) return [];
      const what = `lookup alone: ${strategy}, ${namespaces} namespaces, ${memoryMib} MiB`;
      // The legacy path does what LXCFS does.
      const aim = strategy === 'ucred' ? null : LOOKUP_AIM;
      return [ratioOf(what, firstP50Ns / theirs.lookupP50Ns, aim)];
    }),
  ];
}

function ratioOf(what: string, ratio: number, aim: number | null): Ratio {
  return { what, ratio, aim, met: aim === null ? null : ratio <= aim };
}
