// The host's /proc/stat, cut where the lines about CPUs end.

import { KernelFormatError } from '../kernel/format-error.ts';

export interface HostStat {
  /** The host's online CPUs, ascending. */
  readonly onlineCpus: readonly number[];
  /** Counters in each cpu line: 10 since Linux 2.6.33. */
  readonly columnCount: number;
  /** Every line after those of the CPUs (intr, ctxt, btime ...), unchanged. */
  readonly otherLines: string;
}

function numberAt(text: string, start: number): number {
  let value = 0;
  for (let index = start; ; index++) {
    const digit = text.charCodeAt(index) - 48;
    if (!(digit >= 0 && digit <= 9)) return index === start ? Number.NaN : value;
    value = value * 10 + digit;
  }
}

/** Parses proc_stat(5) as far as needed: the counters themselves are not looked at. */
export function parseHostStat(text: string): HostStat {
  const firstEnd = text.indexOf('\n');
  const first = text.slice(0, firstEnd);
  const columnCount = first.trim().split(/ +/).length - 1;
  if (!first.startsWith('cpu ') || columnCount < 4) {
    throw new KernelFormatError('/proc/stat', first, 'cpu and at least 4 counters');
  }
  const onlineCpus: number[] = [];
  let start = firstEnd + 1;
  while (text.startsWith('cpu', start)) {
    const cpu = numberAt(text, start + 3);
    const end = text.indexOf('\n', start);
    if (Number.isNaN(cpu) || end < 0) {
      throw new KernelFormatError('/proc/stat', text.slice(start, start + 40), 'a CPU number');
    }
    onlineCpus.push(cpu);
    start = end + 1;
  }
  return { onlineCpus, columnCount, otherLines: text.slice(start) };
}
