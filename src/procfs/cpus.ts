// The CPUs a container has, asked in one way by every file that shows them.

import { readCpuQuota } from '../cgroup/cpu.ts';
import { type CpuList, readCpuset } from '../cgroup/cpuset.ts';
import { readOnlineCpus } from '../host/online-cpus.ts';
import { cpusOf } from '../view/cpu-count.ts';
import type { Container } from './container.ts';
import type { Sources } from './sources.ts';

/** The host's numbers of the container's CPUs. */
export function readContainerCpus(
  { cgroup }: Pick<Container, 'cgroup'>,
  { host, cpuPolicy }: Pick<Sources, 'host' | 'cpuPolicy'>,
): CpuList {
  const cpuset = readCpuset(cgroup);
  const hostOnline = cpuset ?? readOnlineCpus(host);
  const quota = cpuPolicy === 'quota' ? readCpuQuota(cgroup) : null;
  return cpusOf({ policy: cpuPolicy, quota, cpuset, hostOnline });
}
