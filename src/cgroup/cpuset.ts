// The CPUs a container's tasks may run on.

import { type CpuList, parseCpuList } from '../kernel/cpu-list.ts';
import type { ContainerCgroup } from './container-cgroup.ts';
import * as v1 from './v1/cpuset.ts';
import * as v2 from './v2/cpuset.ts';

export type { CpuList } from '../kernel/cpu-list.ts';

/**
 * The effective cpuset (what is configured, as far as the ancestors have it and
 * it is online), or the nearest ancestor's when the cgroup has none or an empty
 * one; `undefined` when the host does not use cpusets: then all CPUs are.
 */
export function readCpuset(cgroup: ContainerCgroup): CpuList | undefined {
  const controller = cgroup.controller('cpuset');
  if (controller === undefined) return undefined;
  const fileName = controller.version === 1 ? v1.effectiveCpusFile : v2.effectiveCpusFile;
  for (const directory of controller.chain) {
    const text = directory.readSetting(fileName);
    if (text === undefined) continue;
    const cpus = parseCpuList(text, `${directory.path}/${fileName}`);
    if (cpus.length > 0) return cpus;
  }
  return undefined;
}
