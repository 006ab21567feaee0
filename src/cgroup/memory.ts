// What the memory controller says of a container, whichever version has it.

import type { ContainerCgroup } from './container-cgroup.ts';
import { readV1Memory, type V1Memory } from './v1/memory.ts';
import { readV2Memory, type V2Memory } from './v2/memory.ts';

export type MemoryReading = V1Memory | V2Memory;

/**
 * Limits and usage of a container at one moment; `undefined` when no cgroup
 * accounts its memory, so that the host's memory is what it has, or when its
 * cgroup is gone.
 */
export function readMemory(cgroup: ContainerCgroup): MemoryReading | undefined {
  const memory = cgroup.controller('memory');
  if (memory === undefined) return undefined;
  return memory.version === 1 ? readV1Memory(memory) : readV2Memory(memory);
}
