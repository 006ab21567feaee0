// nsproc explain: who a process is taken for, and where its numbers come from.

import { readLayout } from '../cgroup/read-layout.ts';
import { type ServeOptions, shownMemoryOf } from '../daemon/serve-options.ts';
import { HostFiles } from '../host/host-files.ts';
import { KeptCpuinfo } from '../host/kept-cpuinfo.ts';
import { readPossibleCpuCount } from '../host/online-cpus.ts';
import { clock } from '../kernel/clock.ts';
import { randomHalves } from '../kernel/random.ts';
import { type CatalogueEntry, catalogue } from '../procfs/catalogue.ts';
import { type ExplainedFile, type ExplainedNumber, Explainer } from '../procfs/explain.ts';
import type { LoadSources } from '../procfs/sources.ts';
import { chooseStrategy } from '../reader/choose-strategy.ts';
import { type Identification, ruleReasons } from '../reader/identification.ts';
import { ReaderResolver } from '../reader/resolver.ts';
import { Bell } from '../shared/bell.ts';
import { SharedCpuTimes } from '../view/shared-cpu-times.ts';
import { SharedLoads } from '../view/shared-loads.ts';
import { ExitStatus } from './exit-status.ts';
import { alignColumns, painter } from './terminal.ts';

export interface ExplainOptions extends Pick<ServeOptions, 'cpus' | 'swap' | 'zswap' | 'loadavg'> {
  readonly json?: boolean;
}

interface Explanation {
  readonly pid: number;
  readonly pidnsInode: number | null;
  /** `container`, `host` or `gone`. */
  readonly reader: string;
  readonly initPid: number | null;
  readonly strategy: string;
  readonly rule: string;
  readonly reason: string;
  readonly cgroups: Readonly<Record<string, string>>;
  readonly files: readonly ExplainedFile[];
}

/** The rows of the catalogue that a word such as `meminfo` means; none when it is unknown. */
function entriesNamed(file: string | undefined): readonly CatalogueEntry[] {
  if (file === undefined) return catalogue;
  const path = file.replace(/^\//, '');
  return catalogue.filter((entry) => entry.path === path || entry.path === `proc/${path}`);
}

function explain(
  pid: number,
  entries: readonly CatalogueEntry[],
  options: ExplainOptions,
): Explanation {
  const { strategy } = chooseStrategy('auto');
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

const widestValue = 60;

function shortened(value: string): string {
  return value.length > widestValue ? `${value.slice(0, widestValue)}...` : value;
}

function renderNumber({ label, value, origin, from }: ExplainedNumber): string[][] {
  if (origin === 'none') return [[label, value, 'not counted for a container']];
  if (origin === 'host') return [[label, shortened(value), `${from[0]?.path} of the host`]];
  return from.map(({ path, field, value: raw }, index) => {
    const name = field === undefined ? path : `${path} ${field}`;
    const source = raw === '' ? name : `${name} = ${shortened(raw)}`;
    return index === 0 ? [label, shortened(value), source] : ['', '', source];
  });
}

function renderExplanation(explanation: Explanation): string {
  const paint = painter(process.stdout);
  const { pid, pidnsInode, initPid, strategy, reason, reader, cgroups, files } = explanation;
  const facts = [
    ['pid namespace', String(pidnsInode ?? 'unknown')],
    ['reader', reader],
    ['init', initPid === null ? 'none' : `${initPid}, found by ${strategy}`],
    ['whose cgroup', reason],
    ...Object.entries(cgroups).map(([name, dir]) => [name, dir]),
  ];
  const sections = files.map(({ path, origin, numbers }) => {
    const title = origin === 'host' ? `${path}: the host's file` : path;
    return `\n${paint('bold', title)}\n${alignColumns(numbers.flatMap(renderNumber)).join('\n')}\n`;
  });
  return `${paint('bold', `process ${pid}`)}\n${alignColumns(facts).join('\n')}\n${sections.join('')}`;
}

/** Prints the explanation; exit status 1 when there is no such process or file. */
export function runExplain(pid: number, file: string | undefined, options: ExplainOptions): number {
  const entries = entriesNamed(file);
  if (entries.length === 0) {
    const known = catalogue.map(({ path }) => path.replace(/^proc\//, '')).join(', ');
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
