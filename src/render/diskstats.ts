// The text of /proc/diskstats: the devices that the container has used, with all
// columns of the running kernel.

import type { DeviceUsage, IoUsage, OperationUsage } from '../cgroup/io-usage.ts';

const sectorBytes = 512;
const nsecPerMsec = 1e6;

/** Columns behind the name (Documentation/admin-guide/iostats.rst), from 0. */
const operationColumns = { read: 0, write: 4, discard: 11 } as const;
const timeInQueueColumn = 10;

function operationCounters({ requests, merged, bytes, nsec }: OperationUsage): number[] {
  return [requests, merged, Math.floor(bytes / sectorBytes), Math.floor(nsec / nsecPerMsec)];
}

/**
 * As many counters as the host's line has: 11, with discards 15, with flushes 17. Not
 * counted per cgroup, and 0: requests in progress, the time with any in progress, flushes.
 */
function renderCounters({ read, write, discard }: DeviceUsage, columnCount: number): string {
  const counters = Array.from({ length: columnCount }, () => 0);
  const set = (column: number, values: readonly number[]) => {
    for (const [index, value] of values.entries()) {
      if (column + index < columnCount) counters[column + index] = value;
    }
  };
  set(operationColumns.read, operationCounters(read));
  set(operationColumns.write, operationCounters(write));
  set(operationColumns.discard, operationCounters(discard));
  set(timeInQueueColumn, [Math.floor((read.nsec + write.nsec + discard.nsec) / nsecPerMsec)]);
  return counters.join(' ');
}

function isUsed({ read, write, discard }: DeviceUsage): boolean {
  return [read, write, discard].some(({ requests, bytes }) => requests > 0 || bytes > 0);
}

interface Line {
  readonly at: number;
  readonly text: string;
}

/** `   8       0 sda COUNTERS`: the numbers have these widths in every kernel. */
function renderLine(lines: string, device: string, usage: DeviceUsage): Line | undefined {
  const [major = '', minor = ''] = device.split(':');
  const start = `\n${major.padStart(4)} ${minor.padStart(7)} `;
  const at = lines.indexOf(start);
  if (at < 0) return undefined;
  const end = lines.indexOf('\n', at + 1);
  const [name = '', ...counters] = lines
    .slice(at + start.length, end < 0 ? undefined : end)
    .trim()
    .split(/ +/);
  return { at, text: `${start.slice(1)}${name} ${renderCounters(usage, counters.length)}\n` };
}

/** Renders the devices that the container has used and the host still has, in the host's order. */
export function renderDiskstats(hostText: string, usage: IoUsage): string {
  const lines = `\n${hostText}`;
  return [...usage]
    .filter(([, own]) => isUsed(own))
    .flatMap(([device, own]) => renderLine(lines, device, own) ?? [])
    .sort((a, b) => a.at - b.at)
    .map(({ text }) => text)
    .join('');
}
