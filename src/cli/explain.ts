// nsproc explain: who a process is taken for, and where its numbers come from.

import { readLayout } from '../cgroup/read-layout.ts';
import { type ServeOptions, shownMemoryOf } from '../daemon/serve-options.ts';
import { HostFiles } from '../host/host-files.ts';
import { KeptCpuinfo } from '../host/kept-cpuinfo.ts';
import { readPossibleCpuCount } from '../host/online-cpus.ts';
import { clock } from '../kernel/clock.ts';
import { randomHalves } from '../kernel/random.ts';
import { type CatalogueEntry, catalogue } from '../procfs/catalogue.ts';
import { Explainer } from '../procfs/explain.ts';
import { pressureFiles } from '../procfs/pressure.ts';
import type { LoadSources } from '../procfs/sources.ts';
import { chooseStrategy } from '../reader/choose-strategy.ts';
import { type Identification, ruleReasons } from '../reader/identification.ts';
import { ReaderResolver } from '../reader/resolver.ts';
import { Bell } from '../shared/bell.ts';
import { SharedCpuTimes } from '../view/shared-cpu-times.ts';
import { SharedLoads } from '../view/shared-loads.ts';
import { ExitStatus } from './exit-status.ts';
import { type Explanation, renderExplanation } from './explanation.ts';

export interface ExplainOptions extends Pick<ServeOptions, 'cpus' | 'swap' | 'zswap' | 'loadavg'> {
  readonly json?: boolean;
}

/** Every file that can be explained here, those with triggers last. */
function explainableFiles(): readonly CatalogueEntry[] {
  const host = new HostFiles();
  return [...catalogue, ...pressureFiles].filter(({ hostPath }) => host.has(hostPath));
}

/** What a word such as `meminfo`, or a folder such as `pressure`, means; none when it is unknown. */
function entriesNamed(
  file: string | undefined,
  entries: readonly CatalogueEntry[],
): readonly CatalogueEntry[] {
  if (file === undefined) return entries;
  const path = `proc/${file.replace(/^\/?(proc\/)?/, '')}`;
  return entries.filter((entry) => entry.path === path || entry.path.startsWith(`${path}/`));
}

function explain(
  pid: number,
  entries: readonly CatalogueEntry[],
  options: ExplainOptions,
): Explanation {
  const strategy = chooseStrategy('auto');
  const resolver = new ReaderResolver({ strategy, cacheTtlMsec: 0 });
  const identification = resolver.identify(pid);
  const { reader, rule, pidnsInode, problem } = identification;
  const explainer = reader.kind === 'container' ? explainerOf(identification, options) : undefined;
  const explanation = {
    pid,
    pidnsInode: pidnsInode ?? null,
    reader: reader.kind,
    initPid: reader.kind === 'container' ? reader.initPid : null,
    strategy: strategy.name,
    rule,
    reason: problem === undefined ? ruleReasons[rule] : `${ruleReasons[rule]} (${problem})`,
    cgroups: explainer?.cgroupDirs() ?? {},
    files: entries.flatMap((entry) => explainer?.explain(entry, pid) ?? []),
  };
  explainer?.close();
  resolver.close();
  return explanation;
}

function explainerOf({ reader }: Identification, options: ExplainOptions): Explainer | undefined {
  if (reader.kind !== 'container') return undefined;
  const host = new HostFiles();
  const memory = SharedCpuTimes.allocate(readPossibleCpuCount(host), randomHalves());
  const cpuTimes = new SharedCpuTimes(memory, 1);
  const layout = readLayout();
  return new Explainer(reader, layout, {
    host,
    cpuinfo: new KeptCpuinfo({ host, clock }),
    clock,
    cpuPolicy: options.cpus,
    shownMemory: shownMemoryOf(options),
    cpuTimes,
    loads: options.loadavg === 'on' ? freshLoads() : undefined,
  });
}

/** Of which nothing was counted: averages as they are at a container's first read. */
function freshLoads(): LoadSources {
  const shared = new SharedLoads(SharedLoads.allocate(randomHalves()), 1);
  return { shared, bell: new Bell(Bell.allocate()) };
}

/** Prints the explanation; exit status 1 when there is no such process or file. */
export function runExplain(pid: number, file: string | undefined, options: ExplainOptions): number {
  const explainable = explainableFiles();
  const entries = entriesNamed(file, explainable);
  if (entries.length === 0) {
    const known = explainable.map(({ path }) => path.replace(/^proc\//, '')).join(', ');
    process.stderr.write(`nsproc: no file ${JSON.stringify(file)}; there are ${known}\n`);
    return ExitStatus.usage;
  }
  const explanation = explain(pid, entries, options);
  if (explanation.rule === 'reader-ended') {
    process.stderr.write(`nsproc: no process ${pid}; give its number on the host\n`);
    return ExitStatus.failed;
  }
  process.stdout.write(
    options.json ? `${JSON.stringify(explanation, null, 2)}\n` : renderExplanation(explanation),
  );
  return ExitStatus.ok;
}
