// What /proc/cpuinfo says of the packages (sockets) that CPUs are in, made true of
// the CPUs that are shown. x86 and s390x say it, in adjoining lines of each CPU.

/** A text cut around the lines from `physical id` to `cpu cores`. */
interface Cut {
  readonly before: string;
  /** Each line with its newline before it. */
  readonly lines: string;
  readonly after: string;
}

function cutAt(text: string): Cut | undefined {
  const begin = text.indexOf('\nphysical id');
  const last = begin < 0 ? -1 : text.indexOf('\ncpu cores', begin);
  if (last < 0) return undefined;
  const next = text.indexOf('\n', last + 1);
  const end = next < 0 ? text.length : next;
  return {
    before: text.slice(0, begin),
    lines: text.slice(begin, end),
    after: text.slice(end),
  };
}

interface Span {
  readonly begin: number;
  readonly end: number;
}

/** Where the value of a line `LABEL<blanks>: VALUE` is. */
function findValue(lines: string, label: string): Span | undefined {
  const line = lines.indexOf(`\n${label}`);
  const colon = line < 0 ? -1 : lines.indexOf(': ', line);
  if (colon < 0) return undefined;
  const end = lines.indexOf('\n', colon);
  return { begin: colon + 2, end: end < 0 ? lines.length : end };
}

function lineValue(lines: string, label: string): string {
  const found = findValue(lines, label);
  return found === undefined ? '' : lines.slice(found.begin, found.end);
}

/** Replaces a value and keeps the line's columns; no line is added. */
function withValue(lines: string, label: string, value: number): string {
  const found = findValue(lines, label);
  if (found === undefined) return lines;
  return `${lines.slice(0, found.begin)}${value}${lines.slice(found.end)}`;
}

/** A package as far as its CPUs are shown. */
interface Package {
  readonly number: number;
  readonly coreIds: Set<string>;
  /** Cores in each of the package's CPUs, by what the host says: 0.5 with two threads a core. */
  readonly coresPerCpu: number;
  cpuCount: number;
}

/** s390x counts sockets anew in each book, and books in each drawer. */
function packageKey(lines: string): string {
  const labels = ['physical id', 'book id', 'drawer id'];
  return labels.map((label) => lineValue(lines, label)).join(' ');
}

function addTo(packages: Map<string, Package>, { lines }: Cut): Package {
  const key = packageKey(lines);
  let known = packages.get(key);
  if (known === undefined) {
    const ratio = Number(lineValue(lines, 'cpu cores')) / Number(lineValue(lines, 'siblings'));
    const coresPerCpu = ratio > 0 && ratio <= 1 ? ratio : 1;
    known = { number: packages.size, coreIds: new Set(), coresPerCpu, cpuCount: 0 };
    packages.set(key, known);
  }
  known.cpuCount++;
  known.coreIds.add(lineValue(lines, 'core id'));
  return known;
}

/**
 * Some processors give two cores of a package the same core id (one in each die), so
 * that the ids alone would make a package lose cores that the host counts.
 */
function coreCount({ coreIds, coresPerCpu, cpuCount }: Package): number {
  return Math.max(coreIds.size, Math.ceil(cpuCount * coresPerCpu));
}

/**
 * Numbers the packages from 0 as they come, and counts in each the CPUs (`siblings`) and
 * cores that are among these. Core ids and APIC ids are names, and stay.
 */
export function withOwnTopology(texts: readonly string[]): string[] {
  const packages = new Map<string, Package>();
  const shown = texts.map((text) => {
    const cut = cutAt(text);
    return { text, cut, own: cut && addTo(packages, cut) };
  });
  return shown.map(({ text, cut, own }) => {
    if (cut === undefined || own === undefined) return text;
    let lines = withValue(cut.lines, 'physical id', own.number);
    lines = withValue(lines, 'siblings', own.cpuCount);
    lines = withValue(lines, 'cpu cores', coreCount(own));
    return `${cut.before}${lines}${cut.after}`;
  });
}
