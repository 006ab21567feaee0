// The host's /proc/cpuinfo, cut into what is said of each CPU and what of the machine.
//
// Every architecture prints its own text (show_cpuinfo() in arch/), in one of two forms:
// - a block for each CPU that begins with `processor<blanks>: N` and ends with a blank line.
//   Before the blocks (MIPS, LoongArch) or behind them (POWER, ARM boards) there can be
//   lines about the machine;
// - s390x: lines about the machine, then `processor N: ...` for each CPU, then for each a
//   block that begins with a blank line and `cpu number      : N`.

/** What is said of one CPU: its lines, cut at its number. */
export interface CpuEntry {
  /** The host's number of the CPU, which stands between `lead` and `rest`. */
  readonly cpu: number;
  readonly lead: string;
  /** Begins where the number ends, so that every later line has its newline before it. */
  readonly rest: string;
}

export type CpuEntries = ReadonlyMap<number, CpuEntry>;

/** Texts of the machine and entries of the CPUs, in the order of the file. */
export type HostCpuinfo = readonly (string | CpuEntries)[];

/** Matches at the beginning of an entry: up to the number, and the number. */
interface EntryForm {
  readonly word: string;
  readonly start: RegExp;
}

const block: EntryForm = {
  word: 'processor',
  start: /(processor[\t ]*:[\t ]*)(\d+)(?=[\t ]*(?:\n|$))/y,
};
const s390Line: EntryForm = { word: 'processor', start: /(processor )(\d+)(?=:)/y };
const s390Block: EntryForm = {
  word: 'cpu number',
  start: /(cpu number[\t ]*:[\t ]*)(\d+)(?=[\t ]*(?:\n|$))/y,
};

interface EntryStart {
  readonly cpu: number;
  readonly begin: number;
  readonly numberBegin: number;
  readonly numberEnd: number;
}

function startAt(text: string, begin: number, { start }: EntryForm): EntryStart | undefined {
  start.lastIndex = begin;
  const match = start.exec(text);
  if (match === null) return undefined;
  const [, lead = '', digits = ''] = match;
  const numberBegin = begin + lead.length;
  return {
    cpu: Number(digits),
    begin,
    numberBegin,
    numberEnd: numberBegin + digits.length,
  };
}

/** Where the entries of this form begin, from `from`, which is the beginning of a line. */
function findStarts(text: string, from: number, form: EntryForm): EntryStart[] {
  const starts: EntryStart[] = [];
  // A kernel's text is long and its CPUs are few: only lines with the word are looked at.
  for (let line = from; line >= 0 && line < text.length; ) {
    const start = startAt(text, line, form);
    if (start !== undefined) starts.push(start);
    const next = text.indexOf(`\n${form.word}`, line);
    line = next < 0 ? -1 : next + 1;
  }
  return starts;
}

/** Entries that reach to the next one's beginning, the last one to `end`. */
function entriesOf(text: string, starts: readonly EntryStart[], end: number): CpuEntries {
  const entries = new Map<number, CpuEntry>();
  for (const [index, { cpu, begin, numberBegin, numberEnd }] of starts.entries()) {
    const next = starts[index + 1]?.begin ?? end;
    const lead = text.slice(begin, numberBegin);
    entries.set(cpu, { cpu, lead, rest: text.slice(numberEnd, next) });
  }
  return entries;
}

/** What follows the blank line that ends the last block is said of the machine. */
function endOfBlocks(text: string, starts: readonly EntryStart[]): number {
  const blank = text.indexOf('\n\n', starts.at(-1)?.numberEnd ?? 0);
  return blank < 0 ? text.length : blank + 2;
}

function parseBlocks(text: string): HostCpuinfo {
  const starts = findStarts(text, 0, block);
  const [first] = starts;
  if (first === undefined) return [text];
  const end = endOfBlocks(text, starts);
  return [text.slice(0, first.begin), entriesOf(text, starts, end), text.slice(end)];
}

/** The blank line before a block is the block's. */
function withBlankLine(text: string, start: EntryStart): EntryStart {
  const { begin } = start;
  return text.endsWith('\n\n', begin) ? { ...start, begin: begin - 1 } : start;
}

function parseS390(text: string): HostCpuinfo {
  const blocks = findStarts(text, 0, s390Block).map((start) => withBlankLine(text, start));
  const machine = text.slice(0, blocks[0]?.begin);
  const lines = findStarts(machine, 0, s390Line);
  const pieces: (string | CpuEntries)[] = [machine.slice(0, lines[0]?.begin)];
  if (lines.length > 0) pieces.push(entriesOf(machine, lines, machine.length));
  if (blocks.length > 0) pieces.push(entriesOf(text, blocks, text.length));
  return pieces;
}

/** Parses proc_cpuinfo(5) of any architecture. A text without CPUs is all about the machine. */
export function parseCpuinfo(text: string): HostCpuinfo {
  const firstLine = text.slice(0, text.indexOf('\n'));
  return firstLine.includes('IBM/S390') ? parseS390(text) : parseBlocks(text);
}

/** Whether all that is said of CPUs is said of these. */
export function hasCpus(cpuinfo: HostCpuinfo, cpus: readonly number[]): boolean {
  return cpuinfo.every((piece) => typeof piece === 'string' || cpus.every((cpu) => piece.has(cpu)));
}
