// /proc/meminfo of a container.

import { readMemory } from '../cgroup/memory.ts';
import { parseHostMemory } from '../host/meminfo.ts';
import { renderMeminfo } from '../render/meminfo.ts';
import { takeMemoryView } from '../view/memory.ts';
import type { Container } from './container.ts';
import type { Sources } from './sources.ts';

export function meminfoText(
  { cgroup }: Container,
  { host, shownMemory }: Sources,
): string | undefined {
  const reading = readMemory(cgroup);
  const hostText = host.readText('/proc/meminfo');
  if (reading === undefined || hostText === undefined) return undefined;
  return renderMeminfo(hostText, takeMemoryView(reading, parseHostMemory(hostText), shownMemory));
}
