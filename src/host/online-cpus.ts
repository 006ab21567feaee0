// The host's CPUs that are online.

import { type CpuList, parseCpuList } from '../kernel/cpu-list.ts';
import type { HostFiles } from './host-files.ts';

const onlinePath = '/sys/devices/system/cpu/online';
const possiblePath = '/sys/devices/system/cpu/possible';

/** The host's online CPUs; CPU 0 where sysfs does not tell. */
export function readOnlineCpus(host: HostFiles): CpuList {
  return parseCpuList(host.readText(onlinePath) ?? '0', onlinePath);
}

/** One more than the highest CPU number that this kernel can ever have. */
export function readPossibleCpuCount(host: HostFiles): number {
  const possible = parseCpuList(host.readText(possiblePath) ?? '0', possiblePath);
  return (possible.at(-1) ?? 0) + 1;
}
