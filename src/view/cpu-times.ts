// A container's CPU times: what is read of it, and what is shown.

import type { CpuUsage } from '../cgroup/cpu-usage.ts';
import type { CpuList } from '../cgroup/cpuset.ts';

/** One reading of a container's counters and limits. */
export interface CpuSample {
  /** Since the container's init began. */
  readonly ageUsec: number;
  /** The host's numbers of the container's CPUs, at least one; the first is shown as cpu0. */
  readonly cpus: CpuList;
  readonly usage: CpuUsage;
  /** When the container's init began, in whole seconds since 1970. */
  readonly startedAtSec: number;
}

/** Counters in one CPU's row of CpuTimes.ticks, in this order: user, nice, system, idle. */
export const ticksPerCpu = 4;

export interface CpuTimes {
  readonly cpuCount: number;
  /** In USER_HZ, CPU after CPU. */
  readonly ticks: Float64Array;
  /** As in the sample, but steady: readings of the clocks differ by a second now and then. */
  readonly startedAtSec: number;
}

/**
 * The second in which a container's init began, counted since 1970: what btime
 * is to a host. Readings of the two clocks belong together.
 */
export function startedAtSec(realtimeUsec: number, ageUsec: number): number {
  return Math.floor((realtimeUsec - ageUsec) / 1e6);
}
