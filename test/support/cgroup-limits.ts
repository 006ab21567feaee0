// Writes a test cgroup's limits in the words of its controller's version.
// `null` takes a limit away; a limit that is not named stays as it is.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface CgroupLimits {
  readonly memoryBytes?: number | null;
  /** Swap alone. On v1 it needs memoryBytes beside it: memsw limits their sum. */
  readonly swapBytes?: number | null;
  readonly cpuQuotaUsec?: number | null;
  /** 100 ms unless given. Counts only together with cpuQuotaUsec. */
  readonly cpuPeriodUsec?: number;
  readonly cpusetCpus?: string;
}

/** Where a cgroup's files for one controller are. */
interface ControllerDir {
  readonly hierarchy: { readonly version: 1 | 2 };
  readonly dir: string;
}

type FindDir = (controller: 'cpu' | 'cpuset' | 'memory') => ControllerDir;

const defaultPeriodUsec = 100_000;

export function writeLimits(limits: CgroupLimits, findDir: FindDir): void {
  const { memoryBytes, swapBytes, cpuQuotaUsec, cpusetCpus } = limits;
  if (memoryBytes !== undefined || swapBytes !== undefined) {
    writeMemory(limits, findDir('memory'));
  }
  if (cpuQuotaUsec !== undefined) {
    writeQuota(cpuQuotaUsec, limits.cpuPeriodUsec ?? defaultPeriodUsec, findDir('cpu'));
  }
  if (cpusetCpus !== undefined) {
    writeFileSync(join(findDir('cpuset').dir, 'cpuset.cpus'), cpusetCpus);
  }
}

function writeMemory(limits: CgroupLimits, { hierarchy, dir }: ControllerDir): void {
  const { memoryBytes, swapBytes } = limits;
  if (hierarchy.version === 1) {
    writeMemoryV1(limits, dir);
    return;
  }
  if (memoryBytes !== undefined) {
    writeFileSync(join(dir, 'memory.max'), String(memoryBytes ?? 'max'));
  }
  if (swapBytes !== undefined) {
    writeFileSync(join(dir, 'memory.swap.max'), String(swapBytes ?? 'max'));
  }
}

function writeMemoryV1({ memoryBytes, swapBytes }: CgroupLimits, dir: string): void {
  const memswFile = join(dir, 'memory.memsw.limit_in_bytes');
  // The kernel refuses any moment in which memory exceeds memsw, so that goes first.
  if (swapBytes !== undefined) writeFileSync(memswFile, '-1');
  if (memoryBytes !== undefined) {
    writeFileSync(join(dir, 'memory.limit_in_bytes'), String(memoryBytes ?? -1));
  }
  if (typeof swapBytes !== 'number') return;
  if (typeof memoryBytes !== 'number') {
    throw new TypeError('Cannot limit swap on cgroup v1 without memoryBytes');
  }
  writeFileSync(memswFile, String(memoryBytes + swapBytes));
}

function writeQuota(quotaUsec: number | null, periodUsec: number, target: ControllerDir): void {
  if (target.hierarchy.version === 2) {
    writeFileSync(join(target.dir, 'cpu.max'), `${quotaUsec ?? 'max'} ${periodUsec}`);
    return;
  }
  // No quota first: quota and period together must never exceed the parent's.
  writeFileSync(join(target.dir, 'cpu.cfs_quota_us'), '-1');
  writeFileSync(join(target.dir, 'cpu.cfs_period_us'), String(periodUsec));
  if (quotaUsec !== null) writeFileSync(join(target.dir, 'cpu.cfs_quota_us'), String(quotaUsec));
}

/**
 * Gives a v1 cpuset its parent's CPUs and memory nodes. It starts with none,
 * and then no process can join it.
 */
export function inheritCpuset(parentDir: string, dir: string): void {
  for (const file of ['cpuset.cpus', 'cpuset.mems']) {
    writeFileSync(join(dir, file), readFileSync(join(parentDir, file), 'utf8').trim());
  }
}
