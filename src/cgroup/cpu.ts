// CPU quota and CPU time of a container, whichever version its hierarchies have.

import { type ContainerCgroup, type ControllerCgroup, isRoot } from './container-cgroup.ts';
import type { CpuUsage } from './cpu-usage.ts';
import { lowerLimit } from './directory.ts';
import * as v1Quota from './v1/cpu.ts';
import * as v1Usage from './v1/cpuacct.ts';
import * as v2 from './v2/cpu.ts';

/**
 * How many CPUs' worth of time the container may use: the smallest quota/period
 * between its cgroup and the root; `null` when nobody on that path sets one.
 */
export function readCpuQuota(cgroup: ContainerCgroup): number | null {
  const controller = cgroup.controller('cpu');
  if (controller === undefined) return null;
  const readQuota = controller.version === 1 ? v1Quota.readQuota : v2.readQuota;
  let lowest: number | null = null;
  for (const directory of controller.chain) lowest = lowerLimit(lowest, readQuota(directory));
  return lowest;
}

/** Where the container's CPU time is counted; `undefined` when only the whole host's is. */
function accountOf(cgroup: ContainerCgroup): ControllerCgroup | undefined {
  const controller = cgroup.controller('cpuacct');
  return controller === undefined || isRoot(controller) ? undefined : controller;
}

/** Whether the container's CPU time is counted apart from the host's. */
export function isCpuTimeCounted(cgroup: ContainerCgroup): boolean {
  return accountOf(cgroup) !== undefined;
}

/**
 * CPU time used so far; `undefined` when it is not counted apart from the
 * host's, or the cgroup is gone.
 */
export function readCpuUsage(cgroup: ContainerCgroup): CpuUsage | undefined {
  const account = accountOf(cgroup);
  const [own] = account?.chain ?? [];
  if (own === undefined) return undefined;
  return account?.version === 1 ? v1Usage.readUsage(own) : v2.readUsage(own);
}

/** The sum alone, from one number where there is one. */
export function readCpuUsageUsec(cgroup: ContainerCgroup): number | undefined {
  const account = accountOf(cgroup);
  const [own] = account?.chain ?? [];
  if (own === undefined) return undefined;
  return account?.version === 1 ? v1Usage.readUsageUsec(own) : v2.readUsageUsec(own);
}
