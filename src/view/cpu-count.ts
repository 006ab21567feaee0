// Which CPUs a container has: how many by its quota, which by its cpuset.

import type { CpuList } from '../cgroup/cpuset.ts';

/** `quota`: as many as its quota fills. `cpuset`: all that its tasks may run on. */
export type CpuPolicy = 'quota' | 'cpuset';

export interface CpuLimits {
  readonly policy: CpuPolicy;
  /** In CPUs, such as 1.5; `null` for no quota. */
  readonly quota: number | null;
  /** `undefined` when cpusets are not used. */
  readonly cpuset: CpuList | undefined;
  readonly hostOnline: CpuList;
}

/** The host's numbers of the container's CPUs, ascending, at least one. */
export function cpusOf({ policy, quota, cpuset, hostOnline }: CpuLimits): CpuList {
  const allowed = cpuset === undefined || cpuset.length === 0 ? hostOnline : cpuset;
  if (allowed.length === 0) return [0];
  if (policy === 'cpuset' || quota === null) return allowed;
  return allowed.slice(0, Math.max(1, Math.ceil(quota)));
}
