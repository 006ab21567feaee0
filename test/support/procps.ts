// What procps' programs print, as numbers.

export interface FreeOutput {
  readonly total: number;
  readonly used: number;
  readonly free: number;
  readonly available: number;
  readonly swapTotal: number;
}

/** The text of `free -b` or `free -k`; the unit is what was asked for. */
export function parseFree(text: string): FreeOutput {
  const memory = numbersAfter(text, 'Mem:');
  const swap = numbersAfter(text, 'Swap:');
  const [total = Number.NaN, used = Number.NaN, free = Number.NaN] = memory;
  return {
    total,
    used,
    free,
    available: memory[5] ?? Number.NaN,
    swapTotal: swap[0] ?? Number.NaN,
  };
}

function numbersAfter(text: string, label: string): number[] {
  const line = text.split('\n').find((candidate) => candidate.startsWith(label));
  if (line === undefined) throw new SyntaxError(`Cannot find "${label}" in "${text}"`);
  return line.slice(label.length).trim().split(/\s+/).map(Number);
}

/** "up 3 min" of uptime and of top's first line. Only for the first hour. */
export function parseUpMinutes(text: string): number {
  const minutes = text.match(/ up (\d+) min,/)?.[1];
  if (minutes === undefined) throw new SyntaxError(`Cannot find "up … min" in "${text}"`);
  return Number(minutes);
}

/** The total of top's "MiB Mem" line, in MiB. */
export function parseTopMemoryMib(text: string): number {
  const total = text.match(/^MiB Mem :\s*([\d.]+) total/m)?.[1];
  if (total === undefined) throw new SyntaxError(`Cannot find "MiB Mem" in "${text}"`);
  return Number(total);
}

/** How many cpuN lines the text of /proc/stat has. */
export function countCpus(text: string): number {
  return text.split('\n').filter((line) => /^cpu\d/.test(line)).length;
}
