// The tables a person reads.
import { FILES } from './container.ts';
import type { FileCost } from './measure-files.ts';
import { type SamplingCost, SHARE_AIM } from './measure-loadavg.ts';
import type { LookupCost } from './measure-lookup.ts';
import { READERS, type Throughput } from './measure-parallel.ts';
import type { ResolverCost } from './measure-resolver.ts';
import { isLxcfsBeside, type Ratio, type Results } from './ratios.ts';
import { microseconds, renderTable } from './table.ts';

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

export function renderResults(results: Results, ratios: Ratio[]): string {
  const { files, lookup, resolvers, parallel, loadavg } = results;
  const tables = [
    files && renderFiles(files),
    lookup && renderLookup(lookup),
    resolvers && resolvers.length > 0 && renderResolvers(resolvers, lookup ?? []),
    parallel && renderParallel(parallel),
    loadavg && renderLoadavg(loadavg),
    ratios.length > 0 && renderRatios(ratios),
  ];
  return tables.filter((table) => typeof table === 'string').join('\n');
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

const costColumns = ['p50 us', 'p99 us', 'CPU us'];
const coldAndWarm = [
  ...costColumns.map((name) => `first ${name}`),
  ...costColumns.map((name) => `warm ${name}`),
];

function costCells(cost: LookupCost | ResolverCost): string[] {
  const first = [cost.firstP50Ns, cost.firstP99Ns, cost.firstCpuNs];
  const warm = [cost.warmP50Ns, cost.warmP99Ns, cost.warmCpuNs];
  return [...first, ...warm].map((ns) => (ns === null ? '' : microseconds(ns)));
}

function renderLookup(costs: readonly LookupCost[]): string {
  const rows = costs.map((cost) => [cost.system, `${cost.namespaces}`, ...costCells(cost)]);
  return renderTable(['first read', 'namespaces', ...coldAndWarm], rows);
}

/** With the whole first read through LXCFS beside them. */
function renderResolvers(costs: readonly ResolverCost[], reads: readonly LookupCost[]): string {
  const rows = [...new Set(costs.map(({ namespaces }) => namespaces))].flatMap((namespaces) => [
    ...costs
      .filter((cost) => cost.namespaces === namespaces)
      .map((cost) => [cost.strategy, `${namespaces}`, `${cost.memoryMib}`, ...costCells(cost)]),
    ...reads
      .filter(isLxcfsBeside(namespaces))
      .map((cost) => ['lxcfs: a read', `${namespaces}`, '', ...costCells(cost)]),
  ]);
  return renderTable(['lookup alone', 'namespaces', 'MiB', ...coldAndWarm], rows);
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

function renderLoadavg(costs: readonly SamplingCost[]): string {
  const percent = (share: number) => (share * 100).toFixed(2);
  const rows = costs.map((cost) => [
    cost.system,
    `${cost.containers}`,
    `${cost.tasks}`,
    percent(cost.idleShare),
    percent(cost.share),
    cost.system !== 'nsproc' ? '' : cost.share <= SHARE_AIM ? 'met' : 'NOT MET',
    cost.busyAverage.toFixed(2),
  ]);
  const aim = `<= ${percent(SHARE_AIM)} %`;
  const counts = ['load averages', 'containers', 'tasks'];
  return renderTable([...counts, 'before %', '% of a core', aim, 'busy load'], rows);
}

function renderRatios(ratios: readonly Ratio[]): string {
  const rows = ratios.map(({ what, ratio, aim, met }) => [
    what,
    ratio.toFixed(3),
    aim === null ? '' : `<= ${aim.toFixed(3)}`,
    met === null ? '' : met ? 'met' : 'NOT MET',
  ]);
  return renderTable(['nsproc / lxcfs', 'ratio', 'aim', ''], rows);
}
