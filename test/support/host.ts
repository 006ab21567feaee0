// What this machine has, by its own files.

import { readFileSync } from 'node:fs';
import { parseMeminfo, parseUptime, type Uptime } from './proc-texts.ts';

export function onlineCpuCount(): number {
  const list = readFileSync('/sys/devices/system/cpu/online', 'latin1').trim();
  const counts = list.split(',').map((range) => {
    const [first = 0, last = first] = range.split('-').map(Number);
    return last - first + 1;
  });
  return counts.reduce((sum, count) => sum + count, 0);
}

/** One number of the host's own /proc/meminfo; undefined if it has no such line. */
export function hostKibOf(label: string): number | undefined {
  return parseMeminfo(readFileSync('/proc/meminfo', 'latin1')).get(label);
}

export function readHostUptime(): Uptime {
  return parseUptime(readFileSync('/proc/uptime', 'latin1'));
}
