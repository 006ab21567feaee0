// /proc/uptime of a container.

import { readCpuUsageUsec } from '../cgroup/cpu.ts';
import { renderUptime } from '../render/uptime.ts';
import { ageUsecOf } from './age.ts';
import type { Container } from './container.ts';
import { readContainerCpus } from './cpus.ts';
import type { Sources } from './sources.ts';

export function uptimeText(container: Container, sources: Sources): string | undefined {
  const usedUsec = readCpuUsageUsec(container.cgroup);
  if (usedUsec === undefined) return undefined;
  const cpuCount = readContainerCpus(container, sources).length;
  return renderUptime({ ageUsec: ageUsecOf(container, sources.clock), cpuCount, usedUsec });
}
