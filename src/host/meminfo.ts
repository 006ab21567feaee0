// The host's /proc/meminfo, as far as it bounds what a container has.

import { KernelFormatError } from '../kernel/format-error.ts';

export interface HostMemory {
  readonly totalKib: number;
  readonly swapTotalKib: number;
}

const source = '/proc/meminfo';

function parseLine(text: string, label: string): number | undefined {
  const start = text.startsWith(label) ? 0 : text.indexOf(`\n${label}`) + 1;
  if (start === 0 && !text.startsWith(label)) return undefined;
  const value = Number.parseInt(text.slice(start + label.length, start + label.length + 24), 10);
  if (value >= 0) return value;
  const end = text.indexOf('\n', start);
  const line = text.slice(start, end < 0 ? undefined : end);
  throw new KernelFormatError(source, line, 'a number of kB');
}

/** Parses proc_meminfo(5). */
export function parseHostMemory(text: string): HostMemory {
  const totalKib = parseLine(text, 'MemTotal:');
  if (totalKib === undefined) {
    throw new KernelFormatError(source, text.slice(0, 80), 'a line MemTotal');
  }
  return { totalKib, swapTotalKib: parseLine(text, 'SwapTotal:') ?? 0 };
}
