// cgroup v1, controller cpu: the CFS bandwidth quota.

import type { CgroupDirectory } from '../directory.ts';

/** quota/period of this cgroup alone, in CPUs; `null` without a quota (-1) or without CFS bandwidth. */
export function readQuota(directory: CgroupDirectory): number | null {
  const quotaUsec = directory.readLimit('cpu.cfs_quota_us') ?? null;
  if (quotaUsec === null) return null;
  const periodUsec = directory.readLimit('cpu.cfs_period_us') ?? null;
  return periodUsec === null || periodUsec === 0 ? null : quotaUsec / periodUsec;
}
