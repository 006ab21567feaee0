// How much CPU time a cgroup and all cgroups below it have used.

/** The sums over all CPUs, in microseconds. */
export interface TotalCpuUsage {
  readonly kind: 'total';
  /** Time in user mode, that of niced tasks included. */
  readonly userUsec: number;
  /** Time in user mode of niced tasks; 0 where the kernel does not tell. */
  readonly niceUsec: number;
  readonly systemUsec: number;
}

/** Per CPU, in microseconds; index = the host's CPU number, 0 for a CPU that is not there. */
export interface PerCpuUsage {
  readonly kind: 'per-cpu';
  readonly userUsec: readonly number[];
  readonly systemUsec: readonly number[];
}

export type CpuUsage = TotalCpuUsage | PerCpuUsage;
