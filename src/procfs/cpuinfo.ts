// /proc/cpuinfo of a container.

import { renderCpuinfo } from '../render/cpuinfo.ts';
import type { Container } from './container.ts';
import { readContainerCpus } from './cpus.ts';
import type { Sources } from './sources.ts';

export function cpuinfoText(
  container: Pick<Container, 'cgroup'>,
  sources: Pick<Sources, 'host' | 'cpuPolicy' | 'cpuinfo'>,
  callerTid: number,
): string | undefined {
  const cpus = readContainerCpus(container, sources);
  const host = sources.cpuinfo.read(callerTid, cpus);
  return host && renderCpuinfo(host, cpus);
}

export function cpuinfoHostText({ cpuinfo }: Sources, callerTid: number): string | undefined {
  return cpuinfo.readText(callerTid);
}
