// The text of /proc/stat: the container's cpu lines, then the host's other lines
// with the three that describe the container replaced.

import type { HostStat } from '../host/stat.ts';
import { type CpuTimes, ticksPerCpu } from '../view/cpu-times.ts';

export interface StatValues {
  readonly host: HostStat;
  readonly cpuTimes: CpuTimes;
  readonly procsRunning: number;
  readonly procsBlocked: number;
}

/**
 * Columns of a cpu line after user, nice, system and idle: iowait, irq, softirq,
 * steal, guest, guest_nice. The kernel does not account them per cgroup; what of
 * them a container causes is in its system and idle time.
 */
function renderUnknownColumns(columnCount: number): string {
  return ' 0'.repeat(Math.max(0, columnCount - ticksPerCpu));
}

function renderCpuLines({ cpuCount, ticks }: CpuTimes, columnCount: number): string {
  const rest = `${renderUnknownColumns(columnCount)}\n`;
  let lines = '';
  let user = 0;
  let nice = 0;
  let system = 0;
  let idle = 0;
  for (let cpu = 0; cpu < cpuCount; cpu++) {
    const at = cpu * ticksPerCpu;
    const [u = 0, n = 0, s = 0, i = 0] = ticks.subarray(at, at + ticksPerCpu);
    user += u;
    nice += n;
    system += s;
    idle += i;
    lines += `cpu${cpu} ${u} ${n} ${s} ${i}${rest}`;
  }
  return `cpu  ${user} ${nice} ${system} ${idle}${rest}${lines}`;
}

/** Replaces the number of a line; a text without such a line stays as it is. */
function withNumber(text: string, name: string, value: number): string {
  // From the end: the line of all interrupts, near the beginning, is very long.
  const line = text.lastIndexOf(`\n${name} `);
  const end = line < 0 ? -1 : text.indexOf('\n', line + 1);
  if (end < 0) return text;
  return `${text.slice(0, line)}\n${name} ${value}${text.slice(end)}`;
}

export function renderStat({ host, cpuTimes, procsRunning, procsBlocked }: StatValues): string {
  let text = renderCpuLines(cpuTimes, host.columnCount) + host.otherLines;
  text = withNumber(text, 'procs_blocked', procsBlocked);
  text = withNumber(text, 'procs_running', procsRunning);
  return withNumber(text, 'btime', cpuTimes.startedAtSec);
}
