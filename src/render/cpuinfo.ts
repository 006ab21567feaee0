// The text of /proc/cpuinfo: the blocks of the container's CPUs, numbered from 0
// as in /proc/stat, with what they say of each other made true of them.

import type { CpuList } from '../cgroup/cpuset.ts';
import type { CpuBlock, HostCpuinfo } from '../host/cpuinfo.ts';

/** The value of a `LABEL<blanks>: VALUE` line. */
function lineValue(block: string, label: string): string | undefined {
  return new RegExp(`^${label}\\s*:\\s*(.*)$`, 'm').exec(block)?.[1];
}

/** Replaces a line's value, keeping its columns; a block without the line stays as it is. */
function withValue(block: string, label: string, value: string | number): string {
  return block.replace(new RegExp(`^(${label}\\s*: ?).*$`, 'm'), `$1${value}`);
}

/** A package (socket) as far as the container has its CPUs. */
interface Package {
  readonly number: number;
  threads: number;
  readonly cores: Set<string>;
}

/** The packages of the shown CPUs by the host's physical id, numbered from 0 in order. */
function packagesOf(blocks: readonly CpuBlock[]): Map<string, Package> {
  const packages = new Map<string, Package>();
  for (const { text } of blocks) {
    const id = lineValue(text, 'physical id');
    if (id === undefined) continue;
    const known = packages.get(id) ?? { number: packages.size, threads: 0, cores: new Set() };
    known.threads++;
    known.cores.add(lineValue(text, 'core id') ?? String(known.threads));
    packages.set(id, known);
  }
  return packages;
}

/** x86 says of each CPU how many threads and cores its package has. */
function withTopology(text: string, packages: ReadonlyMap<string, Package>): string {
  const own = packages.get(lineValue(text, 'physical id') ?? '');
  if (own === undefined) return text;
  let changed = withValue(text, 'physical id', own.number);
  changed = withValue(changed, 'siblings', own.threads);
  return withValue(changed, 'cpu cores', own.cores.size);
}

/** The entries of the container's CPUs, in its own order. */
function chosen(entries: readonly CpuBlock[], cpus: CpuList): CpuBlock[] {
  const byCpu = new Map(entries.map((entry) => [entry.cpu, entry]));
  return cpus.flatMap((cpu) => byCpu.get(cpu) ?? []);
}

function renderS390({ head, lines, blocks, tail }: HostCpuinfo, cpus: CpuList): string {
  const count = chosen(lines, cpus).length;
  const shownLines = chosen(lines, cpus).map(({ text }, index) =>
    text.replace(/^processor \d+:/, `processor ${index}:`),
  );
  const shownBlocks = chosen(blocks, cpus).map(({ text }, index) =>
    withValue(text, 'cpu number', index),
  );
  return [
    withValue(head, '# processors', count),
    ...shownLines,
    ...gapOf(lines, blocks),
    ...shownBlocks,
    tail,
  ].join('');
}

/** The blank line between the one-line entries and the blocks belongs to the last line's text. */
function gapOf(lines: readonly CpuBlock[], blocks: readonly CpuBlock[]): string[] {
  return lines.length > 0 && blocks.length > 0 ? ['\n'] : [];
}

/** Renders cpuinfo with the host's CPUs of these numbers. */
export function renderCpuinfo(host: HostCpuinfo, cpus: CpuList): string {
  if (host.form === 's390') return renderS390(host, cpus);
  const blocks = chosen(host.blocks, cpus);
  const packages = packagesOf(blocks);
  const shown = blocks.map(({ text }, index) =>
    withTopology(withValue(text, 'processor', index), packages),
  );
  return [host.head, ...shown, host.tail].join('');
}
