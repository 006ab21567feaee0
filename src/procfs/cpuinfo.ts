// /proc/cpuinfo of a container.

import { parseCpuinfo } from '../host/cpuinfo.ts';
import { renderCpuinfo } from '../render/cpuinfo.ts';
import type { Container } from './container.ts';
import { readContainerCpus } from './cpus.ts';
import type { Sources } from './sources.ts';

export function cpuinfoText(container: Container, sources: Sources): string | undefined {
  const hostText = sources.host.readText('/proc/cpuinfo');
  if (hostText === undefined) return undefined;
  return renderCpuinfo(parseCpuinfo(hostText), readContainerCpus(container, sources));
}
