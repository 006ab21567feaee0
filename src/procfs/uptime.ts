// /proc/uptime of a container.

import { isCpuTimeCounted, readCpuUsageUsec } from '../cgroup/cpu.ts';
import { renderUptime } from '../render/uptime.ts';
import { ageUsecOf } from './age.ts';
import type { Container } from './container.ts';
import { readContainerCpus } from './cpus.ts';
import type { Sources } from './sources.ts';

/** Where CPU time is not counted per container, all of it counts as idle; the age is right. */
export function uptimeText(container: Container, sources: Sources): string | undefined {
  const { cgroup } = container;
  const usedUsec = isCpuTimeCounted(cgroup) ? readCpuUsageUsec(cgroup) : 0;
  if (usedUsec === undefined) return undefined;
  const cpuCount = readContainerCpus(container, sources).length;
  return renderUptime({ ageUsec: ageUsecOf(container, sources.clock), cpuCount, usedUsec });
}
