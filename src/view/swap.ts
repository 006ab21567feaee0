// How much swap a container has, from its limits at this moment. No accounting
// means none: what it uses could not be told from what others use.

import type { V1Memory } from '../cgroup/v1/memory.ts';
import type { V2Memory } from '../cgroup/v2/memory.ts';
import type { HostMemory } from '../host/meminfo.ts';
import { kibOf } from './memory-parts.ts';

export interface SwapView {
  readonly totalKib: number;
  /** At most the total, also when the limit was set below the usage. */
  readonly freeKib: number;
}

export const noSwap: SwapView = { totalKib: 0, freeKib: 0 };

function swapWithin(totalKib: number, usedKib: number): SwapView {
  return { totalKib, freeKib: Math.max(totalKib - usedKib, 0) };
}

export function swapOfV2(reading: V2Memory, host: HostMemory): SwapView {
  const { swapMaxBytes, swapCurrentBytes } = reading;
  if (swapMaxBytes === undefined) return noSwap;
  const limitKib = swapMaxBytes === null ? host.swapTotalKib : kibOf(swapMaxBytes);
  return swapWithin(Math.min(limitKib, host.swapTotalKib), kibOf(swapCurrentBytes));
}

/**
 * v1 limits memory and swap together (memsw). What is left of that for swap
 * when all memory is in use is the container's swap: the two lines add up to
 * the limit, as on v2 and as Docker documents --memory-swap.
 *
 * Differs: LXCFS shows the whole memsw limit as swap, so that memory and swap
 * together promise more than the container can ever get.
 */
export function swapOfV1(reading: V1Memory, memoryKib: number, host: HostMemory): SwapView {
  const { memswLimitInBytes, swappiness, stat } = reading;
  if (memswLimitInBytes === undefined) return noSwap;
  const usedKib = kibOf(stat.total_swap);
  const limitKib =
    memswLimitInBytes === null
      ? host.swapTotalKib
      : Math.max(kibOf(memswLimitInBytes) - memoryKib, 0);
  const totalKib = Math.min(limitKib, host.swapTotalKib);
  // With swappiness 0 nothing is swapped to keep the cgroup below its limit, so
  // it has no more swap than the machine's own shortage once put it into.
  return swapWithin(swappiness === 0 ? Math.min(totalKib, usedKib) : totalKib, usedKib);
}
