// The text of /proc/diskstats: the devices that the container has used, with all
// columns of the running kernel.

import type { DeviceUsage, IoUsage } from '../cgroup/io-usage.ts';

const sectorBytes = 512;
/** Columns behind major, minor and name (Documentation/admin-guide/iostats.rst). */
const Column = {
  reads: 0,
  sectorsRead: 2,
  writes: 4,
  sectorsWritten: 6,
  discards: 11,
  sectorsDiscarded: 13,
};

/** `   8       0 sda 1 2 ...` */
const hostLine = /^\s*(\d+)\s+(\d+) (\S+) (.*)$/;

/**
 * Merges, times and requests in progress are not counted per cgroup and are 0.
 * Kernels before 4.18 have no columns of discards.
 */
function countersOf(usage: DeviceUsage, columnCount: number): string {
  const counters = Array.from({ length: columnCount }, () => 0);
  const values: readonly (readonly [column: number, value: number])[] = [
    [Column.reads, usage.reads],
    [Column.sectorsRead, Math.floor(usage.readBytes / sectorBytes)],
    [Column.writes, usage.writes],
    [Column.sectorsWritten, Math.floor(usage.writtenBytes / sectorBytes)],
    [Column.discards, usage.discards],
    [Column.sectorsDiscarded, Math.floor(usage.discardedBytes / sectorBytes)],
  ];
  for (const [column, value] of values) if (column < columnCount) counters[column] = value;
  return counters.join(' ');
}

function isUsed(usage: DeviceUsage): boolean {
  return Object.values(usage).some((value) => value > 0);
}

/** Renders the host's devices that the container has used, in the host's order. */
export function renderDiskstats(hostText: string, usage: IoUsage): string {
  const lines = hostText.split('\n').flatMap((line) => {
    const [, major = '', minor = '', name = '', counters = ''] = hostLine.exec(line) ?? [];
    const own = usage.get(`${major}:${minor}`);
    if (own === undefined || !isUsed(own)) return [];
    const columnCount = counters.trim().split(/\s+/).length;
    return [`${major.padStart(4)} ${minor.padStart(7)} ${name} ${countersOf(own, columnCount)}\n`];
  });
  return lines.join('');
}
