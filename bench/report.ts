// The tables a person reads, and the ratios to LXCFS with the project's aims beside them.
import { FILES } from './container.ts';
import type { FileCost } from './measure-files.ts';
import type { LookupCost } from './measure-lookup.ts';
import { READERS, type Throughput } from './measure-parallel.ts';
import { microseconds, renderTable } from './table.ts';

const LATENCY_AIM = 1 / 2;
const CPU_AIM = 1 / 3;
const LOOKUP_AIM = 1 / 20;

export interface Ratio {
  readonly what: string;
  readonly ratio: number;
  readonly aim: number;
  readonly met: boolean;
}

export interface Machine {
  readonly kernel: string;
  readonly cpus: number;
  readonly cgroups: 'v1' | 'v2';
  readonly node: string;
  readonly lxcfs: string | null;
  /** When the run began: other work on the machine shows in the 99th percentiles first. */
  readonly loadAverage: readonly number[];
}

export function renderMachine({
  kernel,
  cpus,
  cgroups,
  node,
  lxcfs,
  loadAverage,
}: Machine): string {
  const load = loadAverage[0]?.toFixed(2);
  return `Linux ${kernel}, ${cpus} CPUs, cgroup ${cgroups}, Node ${node}, lxcfs ${lxcfs}, load ${load}\n`;
}

/** What was measured; a mode that was not asked for is absent. */
export interface Results {
  readonly files?: readonly FileCost[];
  readonly lookup?: readonly LookupCost[];
  readonly parallel?: readonly Throughput[];
}

export function ratiosOf({ files = [], lookup = [] }: Results): Ratio[] {
  return [...ratiosOfFiles(files), ...ratiosOfLookup(lookup)];
}

export function renderResults({ files, lookup, parallel }: Results, ratios: Ratio[]): string {
  const tables = [
    files && renderFiles(files),
    lookup && renderLookup(lookup),
    parallel && renderParallel(parallel),
    ratios.length > 0 && renderRatios(ratios),
  ];
  return tables.filter((table) => typeof table === 'string').join('\n');
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

function ratiosOfLookup(costs: readonly LookupCost[]): Ratio[] {
  const theirs = costs.find((cost) => cost.system === 'lxcfs');
  if (theirs === undefined) return [];
  return costs
    .filter((cost) => cost.system.startsWith('nsproc'))
    .map((cost) =>
      ratioOf(`${cost.system}: first read`, cost.firstP50Ns / theirs.firstP50Ns, LOOKUP_AIM),
    );
}

function renderFiles(costs: readonly FileCost[]): string {
  const rows = costs.map((cost) => [
    cost.file,
    cost.system,
    microseconds(cost.p50Ns),
    microseconds(cost.p99Ns),
    cost.daemonCpuNs === null ? '' : microseconds(cost.daemonCpuNs),
    `${cost.reads}`,
  ]);
  return renderTable(['file', 'system', 'p50 us', 'p99 us', 'daemon CPU us', 'reads'], rows);
}

function renderLookup(costs: readonly LookupCost[]): string {
  const rows = costs.map((cost) => [
    cost.system,
    microseconds(cost.firstP50Ns),
    microseconds(cost.firstP90Ns),
    microseconds(cost.warmP50Ns),
    microseconds(cost.lookupP50Ns),
    `${cost.namespaces}`,
  ]);
  return renderTable(
    ['system', 'first p50 us', 'first p90 us', 'warm us', 'first-warm us', 'containers'],
    rows,
  );
}

function renderParallel(results: readonly Throughput[]): string {
  const systems = [...new Set(results.map((result) => result.system))];
  const rows = FILES.flatMap((file) =>
    systems.map((system) => {
      const own = results.filter((result) => result.file === file && result.system === system);
      const rates = READERS.map((readers) => own.find((result) => result.readers === readers));
      return [file, system, ...rates.map((rate) => (rate?.readsPerSecond ?? 0).toFixed(0))];
    }),
  );
  const header = READERS.map((readers) => `${readers} reader${readers === 1 ? '' : 's'}/s`);
  return renderTable(['file', 'system', ...header], rows);
}

function renderRatios(ratios: readonly Ratio[]): string {
  const rows = ratios.map(({ what, ratio, aim, met }) => [
    what,
    ratio.toFixed(3),
    `<= ${aim.toFixed(3)}`,
    met ? 'met' : 'NOT MET',
  ]);
  return renderTable(['nsproc / lxcfs', 'ratio', 'aim', ''], rows);
}

function ratioOf(what: string, ratio: number, aim: number): Ratio {
  return { what, ratio, aim, met: ratio <= aim };
}
