// What nsproc explain found out about a process, and how it is printed for people.

import type { ExplainedFile, ExplainedNumber } from '../procfs/explain.ts';
import { alignColumns, painter } from './terminal.ts';

export interface Explanation {
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

export function renderExplanation(explanation: Explanation): string {
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
