// cgroup v1, controller cpuacct: CPU time used, in nanoseconds per CPU.

import { KernelFormatError } from '../../kernel/format-error.ts';
import type { CpuUsage, PerCpuUsage, TotalCpuUsage } from '../cpu-usage.ts';
import type { CgroupDirectory } from '../directory.ts';

/** cpuacct.stat counts in USER_HZ, which is 100 on every architecture that Node runs on. */
const usecPerTick = 10_000;

/** Per CPU; from the sums in cpuacct.stat before Linux 4.8, which has no cpuacct.usage_all. */
export function readUsage(directory: CgroupDirectory): CpuUsage | undefined {
  const all = directory.readText('cpuacct.usage_all');
  if (all !== undefined) return parseUsageAll(all, `${directory.path}/cpuacct.usage_all`);
  const sums = directory.readText('cpuacct.stat');
  return sums === undefined ? undefined : parseStat(sums, `${directory.path}/cpuacct.stat`);
}

export function readUsageUsec(directory: CgroupDirectory): number | undefined {
  const text = directory.readText('cpuacct.usage');
  if (text === undefined) return undefined;
  const usageUsec = usecOf(text.trimEnd());
  if (usageUsec === undefined) {
    throw new KernelFormatError(`${directory.path}/cpuacct.usage`, text, 'nanoseconds');
  }
  return usageUsec;
}

/**
 * Microseconds of a text in nanoseconds. Three digits are cut off instead of
 * dividing: nanoseconds are more than a number holds exactly after 104 days.
 */
function usecOf(nanoseconds: string): number | undefined {
  if (!/^\d+$/.test(nanoseconds)) return undefined;
  return Number(nanoseconds.slice(0, -3));
}

const header = 'cpu user system\n';

/** Parses a heading and lines `CPU USER SYSTEM`. */
export function parseUsageAll(text: string, source: string): PerCpuUsage {
  const userUsec: number[] = [];
  const systemUsec: number[] = [];
  if (!text.startsWith(header)) throw new KernelFormatError(source, text, 'a heading of 3 columns');
  for (const line of text.slice(header.length).trimEnd().split('\n')) {
    const [cpu = '', user = '', system = '', extra] = line.split(' ');
    const used = [usecOf(user), usecOf(system)] as const;
    if (
      !/^\d{1,5}$/.test(cpu) ||
      used[0] === undefined ||
      used[1] === undefined ||
      extra !== undefined
    ) {
      throw new KernelFormatError(source, line, '3 numbers');
    }
    // CPU numbers may have gaps; the arrays must not.
    while (userUsec.length < Number(cpu)) {
      userUsec.push(0);
      systemUsec.push(0);
    }
    userUsec[Number(cpu)] = used[0];
    systemUsec[Number(cpu)] = used[1];
  }
  return { kind: 'per-cpu', userUsec, systemUsec };
}

const statForm = /^user (\d+)\nsystem (\d+)\n/;

/** Parses cpuacct.stat. */
export function parseStat(text: string, source: string): TotalCpuUsage {
  const [, user, system] = statForm.exec(text) ?? [];
  if (user === undefined) throw new KernelFormatError(source, text, 'user and system ticks');
  return {
    kind: 'total',
    userUsec: Number(user) * usecPerTick,
    niceUsec: 0,
    systemUsec: Number(system) * usecPerTick,
  };
}
