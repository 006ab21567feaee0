// cgroup v1, controller cpuacct: CPU time used, in nanoseconds per CPU.

import { KernelFormatError } from '../../kernel/format-error.ts';
import type { CpuUsage, OneCpuUsage, PerCpuUsage, TotalCpuUsage } from '../cpu-usage.ts';
import type { CgroupDirectory } from '../directory.ts';
import { digitsEnd, numberIn, usecIn } from './nanoseconds.ts';

/** cpuacct.stat counts in USER_HZ, which is 100 on every architecture that Node runs on. */
const usecPerTick = 10_000;

/** Per CPU; from the sums in cpuacct.stat before Linux 4.8, which has no cpuacct.usage_all. */
export function readUsage(directory: CgroupDirectory): CpuUsage | undefined {
  const all = directory.readText('cpuacct.usage_all');
  const perCpu = directory.readText('cpuacct.usage_percpu');
  if (all !== undefined && perCpu !== undefined) return parseUsage(all, perCpu, directory.path);
  const sums = directory.readText('cpuacct.stat');
  return sums === undefined ? undefined : parseStat(sums, `${directory.path}/cpuacct.stat`);
}

export function readUsageUsec(directory: CgroupDirectory): number | undefined {
  const text = directory.readText('cpuacct.usage');
  if (text === undefined) return undefined;
  const end = digitsEnd(text, 0);
  if (end === 0)
    throw new KernelFormatError(`${directory.path}/cpuacct.usage`, text, 'nanoseconds');
  return usecIn(text, 0, end);
}

const header = 'cpu user system\n';

/**
 * Parses cpuacct.usage_all (a heading, then `CPU USER SYSTEM` for each possible
 * CPU) and cpuacct.usage_percpu (`USAGE ` for each possible CPU).
 */
function parseUsage(all: string, perCpu: string, source: string): PerCpuUsage {
  if (!all.startsWith(header)) throw new KernelFormatError(source, all, 'a heading of 3 columns');
  const cpus: OneCpuUsage[] = [];
  let perCpuStart = 0;
  let start = header.length;
  while (start < all.length) {
    const cpuEnd = digitsEnd(all, start);
    const userEnd = digitsEnd(all, cpuEnd + 1);
    const systemEnd = digitsEnd(all, userEnd + 1);
    const perCpuEnd = digitsEnd(perCpu, perCpuStart);
    const isComplete = cpuEnd > start && userEnd > cpuEnd + 1 && systemEnd > userEnd + 1;
    if (!isComplete || perCpuEnd === perCpuStart || all[systemEnd] !== '\n') {
      throw new KernelFormatError(source, all.slice(start, start + 80), '3 numbers for each CPU');
    }
    cpus.push({
      cpu: numberIn(all, start, cpuEnd),
      usageUsec: usecIn(perCpu, perCpuStart, perCpuEnd),
      sampledUserUsec: usecIn(all, cpuEnd + 1, userEnd),
      sampledSystemUsec: usecIn(all, userEnd + 1, systemEnd),
    });
    perCpuStart = perCpuEnd + 1;
    start = systemEnd + 1;
  }
  return { kind: 'per-cpu', cpus };
}

const statForm = /^user (\d+)\nsystem (\d+)\n/;

/** Parses cpuacct.stat. */
function parseStat(text: string, source: string): TotalCpuUsage {
  const [, user, system] = statForm.exec(text) ?? [];
  if (user === undefined) throw new KernelFormatError(source, text, 'user and system ticks');
  return {
    kind: 'total',
    userUsec: Number(user) * usecPerTick,
    niceUsec: 0,
    systemUsec: Number(system) * usecPerTick,
  };
}
