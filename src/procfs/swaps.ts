// /proc/swaps of a container.

import { readMemory } from '../cgroup/memory.ts';
import { parseHostMemory } from '../host/meminfo.ts';
import { renderSwaps } from '../render/swaps.ts';
import { takeMemoryView } from '../view/memory.ts';
import type { Container } from './container.ts';
import type { Sources } from './sources.ts';

export function swapsText({ cgroup }: Container, { host }: Sources): string | undefined {
  const reading = readMemory(cgroup);
  const hostMemory = host.readText('/proc/meminfo');
  const hostSwaps = host.readText('/proc/swaps');
  if (reading === undefined || hostMemory === undefined || hostSwaps === undefined)
    return undefined;
  return renderSwaps(hostSwaps, takeMemoryView(reading, parseHostMemory(hostMemory)).swap);
}
