// The served files as numbers, and their form without the numbers.

/** A text with each number as `#`, so that two readings of one file compare equal. */
export function formOf(text: string): string {
  return text.replace(/ *\d+/g, ' #');
}

/** The numbers of /proc/meminfo by label; KiB, or pages for HugePages_*. */
export function parseMeminfo(text: string): ReadonlyMap<string, number> {
  const lines = [...text.matchAll(/^([^:\n]+): +(\d+)(?: kB)?$/gm)];
  if (lines.length === 0) throw new SyntaxError(`Cannot find a number in "${text}"`);
  return new Map(lines.map(([, label = '', kib]) => [label, Number(kib)]));
}

/** One number of /proc/meminfo. */
export function kibOf(text: string, label: string): number {
  const kib = parseMeminfo(text).get(label);
  if (kib === undefined) throw new SyntaxError(`Cannot find ${label} in "${text}"`);
  return kib;
}

export interface Uptime {
  readonly ageSec: number;
  readonly idleSec: number;
}

export function parseUptime(text: string): Uptime {
  const [, age, idle] = text.match(/^(\d+\.\d\d) (\d+\.\d\d)\n$/) ?? [];
  if (age === undefined) throw new SyntaxError(`Cannot parse "${text}" as /proc/uptime`);
  return { ageSec: Number(age), idleSec: Number(idle) };
}

export interface Stat {
  /** The counters of each cpu line by its label: `cpu`, `cpu0`, ... */
  readonly cpus: ReadonlyMap<string, readonly number[]>;
  /** The lines `btime`, `procs_running` and so on: their first number. */
  readonly values: ReadonlyMap<string, number>;
}

export function parseStat(text: string): Stat {
  const cpus = new Map<string, readonly number[]>();
  const values = new Map<string, number>();
  for (const line of text.split('\n').filter((candidate) => candidate !== '')) {
    const [label = '', ...numbers] = line.split(/ +/);
    if (/^cpu\d*$/.test(label)) cpus.set(label, numbers.map(Number));
    else values.set(label, Number(numbers[0]));
  }
  return { cpus, values };
}

/** How many cpuN lines there are. */
export function cpuCountOf({ cpus }: Stat): number {
  return cpus.size - 1;
}

/** User, nice and system ticks of the cpu line. */
export function usedTicksOf({ cpus }: Stat): number {
  const [user = Number.NaN, nice = Number.NaN, system = Number.NaN] = cpus.get('cpu') ?? [];
  return user + nice + system;
}

/** The columns of all cpuN lines, added up. */
export function sumsOf({ cpus }: Stat): number[] {
  const [first = [], ...others] = [...cpus].filter(([label]) => label !== 'cpu');
  return others.reduce(
    (sums, [, counters]) => sums.map((sum, column) => sum + (counters[column] ?? 0)),
    [...(first[1] ?? [])],
  );
}

/** Several readings of /proc/stat that were printed one after another. */
export function splitStats(text: string): Stat[] {
  return text
    .split(/^(?=cpu {2})/m)
    .filter((piece) => piece !== '')
    .map(parseStat);
}

/**
 * What fell from one reading to the next: `cpu1[3]: 70 -> 69`. A line may go and come
 * back, and then goes on where it was.
 */
export function fallenCounters(readings: readonly Stat[]): string[] {
  const highest = new Map<string, readonly number[]>();
  const fallen: string[] = [];
  for (const { cpus } of readings) {
    for (const [label, counters] of cpus) {
      const before = highest.get(label) ?? [];
      for (const [column, counter] of counters.entries()) {
        const known = before[column] ?? 0;
        if (counter < known) fallen.push(`${label}[${column}]: ${known} -> ${counter}`);
      }
      highest.set(label, counters);
    }
  }
  return fallen;
}
