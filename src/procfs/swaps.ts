// /proc/swaps of a container.

import { readMemory } from '../cgroup/memory.ts';
import { parseHostMemory } from '../host/meminfo.ts';
import { renderSwaps } from '../render/swaps.ts';
import { takeMemoryView } from '../view/memory.ts';
import type { Container } from './container.ts';
import type { Sources } from './sources.ts';

export function swapsText(
  { cgroup }: Pick<Container, 'cgroup'>,
  { host, shownMemory }: Pick<Sources, 'host' | 'shownMemory'>,
): string | undefined {
  const hostSwaps = host.readText('/proc/swaps');
  const hostMemory = host.readText('/proc/meminfo');
  const reading = readMemory(cgroup);
  if (!reading || hostMemory === undefined || hostSwaps === undefined) return undefined;
  const { swap } = takeMemoryView(reading, parseHostMemory(hostMemory), shownMemory);
  return renderSwaps(hostSwaps, swap);
}
