// What memory and swap a container has: its limits and usage as if they were a
// machine's. Nothing is above its whole, and nothing wraps below zero.

import type { MemoryReading } from '../cgroup/memory.ts';
import type { V1Memory } from '../cgroup/v1/memory.ts';
import type { V2Memory } from '../cgroup/v2/memory.ts';
import type { HostMemory } from '../host/meminfo.ts';
import { kibOf, type MemoryParts, partsOfV1, partsOfV2 } from './memory-parts.ts';
import { noSwap, type SwapView, swapOfV1, swapOfV2 } from './swap.ts';

export interface MemoryView {
  /** The smallest limit, or the host's memory where that is less. */
  readonly totalKib: number;
  /** What can be had below the limit without reclaiming anything. */
  readonly freeKib: number;
  /** What can be had without swapping: free, page cache and reclaimable slab. */
  readonly availableKib: number;
  readonly parts: MemoryParts;
  readonly swap: SwapView;
}

/** What containers are shown at all; an operator may keep some of it from them. */
export interface ShownMemory {
  readonly swap: boolean;
  readonly zswap: boolean;
}

const showAll: ShownMemory = { swap: true, zswap: true };

/** Memory and swap of a container with such limits and usage on such a host. */
export function takeMemoryView(
  reading: MemoryReading,
  host: HostMemory,
  shown = showAll,
): MemoryView {
  const view = reading.version === 1 ? viewOfV1(reading, host) : viewOfV2(reading, host);
  return shown.swap && shown.zswap ? view : withoutHidden(view, shown);
}

function withoutHidden(view: MemoryView, { swap, zswap }: ShownMemory): MemoryView {
  const parts = {
    ...view.parts,
    ...(swap ? {} : { swapCachedKib: 0 }),
    ...(zswap ? {} : { zswapKib: 0, zswappedKib: 0 }),
  };
  return { ...view, parts, swap: swap ? view.swap : noSwap };
}

function viewOfV1(reading: V1Memory, host: HostMemory): MemoryView {
  const totalKib = totalOf(reading.limitInBytes, host);
  const unusedKib = totalKib - kibOf(reading.usageInBytes);
  const { total_active_file: active = 0, total_inactive_file: inactive = 0 } = reading.stat;
  return {
    totalKib,
    freeKib: Math.max(unusedKib, 0),
    availableKib: availableOf(totalKib, unusedKib, active + inactive),
    parts: partsOfV1(reading.stat, totalKib),
    swap: swapOfV1(reading, totalKib, host),
  };
}

function viewOfV2(reading: V2Memory, host: HostMemory): MemoryView {
  const totalKib = totalOf(reading.maxBytes, host);
  const unusedKib = totalKib - kibOf(reading.currentBytes);
  const {
    active_file: active = 0,
    inactive_file: inactive = 0,
    slab_reclaimable: slab = 0,
  } = reading.stat;
  return {
    totalKib,
    freeKib: Math.max(unusedKib, 0),
    availableKib: availableOf(totalKib, unusedKib, active + inactive + slab),
    parts: partsOfV2(reading.stat, totalKib),
    swap: swapOfV2(reading, host),
  };
}

function totalOf(limitBytes: number | null, host: HostMemory): number {
  return limitBytes === null ? host.totalKib : Math.min(kibOf(limitBytes), host.totalKib);
}

/**
 * `unusedKib` is negative when the usage is above the limit, which was lowered
 * or is enforced late. What can be reclaimed pays for the excess first.
 */
function availableOf(totalKib: number, unusedKib: number, reclaimableBytes: number): number {
  return Math.min(Math.max(unusedKib + kibOf(reclaimableBytes), 0), totalKib);
}
