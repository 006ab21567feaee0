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

export interface OneCpuUsage {
  /** The host's number of the CPU. */
  readonly cpu: number;
  readonly usageUsec: number;
  /** User and system time as found at clock ticks: only their ratio is worth something. */
  readonly sampledUserUsec: number;
  readonly sampledSystemUsec: number;
}

/** For each CPU that the host can have, ascending. */
export interface PerCpuUsage {
  readonly kind: 'per-cpu';
  readonly cpus: readonly OneCpuUsage[];
}

export type CpuUsage = TotalCpuUsage | PerCpuUsage;
