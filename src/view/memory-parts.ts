// What a container's memory is used for, from memory.stat of either version.
//
// No part is above the whole: the kernel brings memory.stat up to date less
// often than the usage, so after much was freed a part can be ahead of it.

import type { V1Memory } from '../cgroup/v1/memory.ts';
import type { V2Memory } from '../cgroup/v2/memory.ts';

/**
 * A part that the controller does not count is 0: the host's number would be
 * that of all containers together.
 */
export interface MemoryParts {
  /** Page cache with that of block devices, which no controller counts apart, and with tmpfs. */
  readonly cachedKib: number;
  readonly swapCachedKib: number;
  readonly activeKib: number;
  readonly inactiveKib: number;
  readonly activeAnonKib: number;
  readonly inactiveAnonKib: number;
  readonly activeFileKib: number;
  readonly inactiveFileKib: number;
  readonly unevictableKib: number;
  readonly zswapKib: number;
  /** Counts what zswap holds before compression, so it may be above the whole. */
  readonly zswappedKib: number;
  readonly dirtyKib: number;
  readonly writebackKib: number;
  readonly anonKib: number;
  readonly mappedKib: number;
  readonly shmemKib: number;
  readonly slabKib: number;
  readonly slabReclaimableKib: number;
  readonly slabUnreclaimableKib: number;
  readonly kernelStackKib: number;
  readonly pageTablesKib: number;
  readonly secondaryPageTablesKib: number;
  readonly vmallocKib: number;
  readonly percpuKib: number;
  readonly anonHugeKib: number;
  readonly shmemHugeKib: number;
  readonly fileHugeKib: number;
  /** `undefined`: hugetlb pages are not charged to the container; they are the machine's pool. */
  readonly hugetlbKib: number | undefined;
}

/** Whole KiB; `undefined` bytes, which this kernel does not count, are none. */
export function kibOf(bytes: number | undefined): number {
  return bytes === undefined ? 0 : Math.floor(bytes / 1024);
}

function partOf(wholeKib: number): (bytes: number | undefined) => number {
  return (bytes) => Math.min(kibOf(bytes), wholeKib);
}

/**
 * v1 counts kernel memory as one sum (memory.kmem.usage_in_bytes) that is no
 * part of these, and neither zswap nor the huge pages of files.
 */
export function partsOfV1(stat: V1Memory['stat'], wholeKib: number): MemoryParts {
  const part = partOf(wholeKib);
  return {
    cachedKib: part(stat.total_cache),
    swapCachedKib: part(stat.total_swapcached),
    activeKib: part((stat.total_active_anon ?? 0) + (stat.total_active_file ?? 0)),
    inactiveKib: part((stat.total_inactive_anon ?? 0) + (stat.total_inactive_file ?? 0)),
    activeAnonKib: part(stat.total_active_anon),
    inactiveAnonKib: part(stat.total_inactive_anon),
    activeFileKib: part(stat.total_active_file),
    inactiveFileKib: part(stat.total_inactive_file),
    unevictableKib: part(stat.total_unevictable),
    zswapKib: 0,
    zswappedKib: 0,
    dirtyKib: part(stat.total_dirty),
    writebackKib: part(stat.total_writeback),
    anonKib: part(stat.total_rss),
    mappedKib: part(stat.total_mapped_file),
    shmemKib: part(stat.total_shmem),
    slabKib: 0,
    slabReclaimableKib: 0,
    slabUnreclaimableKib: 0,
    kernelStackKib: 0,
    pageTablesKib: 0,
    secondaryPageTablesKib: 0,
    vmallocKib: 0,
    percpuKib: 0,
    anonHugeKib: part(stat.total_rss_huge),
    shmemHugeKib: 0,
    fileHugeKib: 0,
    hugetlbKib: undefined,
  };
}

export function partsOfV2(stat: V2Memory['stat'], wholeKib: number): MemoryParts {
  const part = partOf(wholeKib);
  const slabReclaimableKib = part(stat.slab_reclaimable);
  const slabUnreclaimableKib = part(stat.slab_unreclaimable);
  return {
    cachedKib: part(stat.file),
    swapCachedKib: part(stat.swapcached),
    activeKib: part((stat.active_anon ?? 0) + (stat.active_file ?? 0)),
    inactiveKib: part((stat.inactive_anon ?? 0) + (stat.inactive_file ?? 0)),
    activeAnonKib: part(stat.active_anon),
    inactiveAnonKib: part(stat.inactive_anon),
    activeFileKib: part(stat.active_file),
    inactiveFileKib: part(stat.inactive_file),
    unevictableKib: part(stat.unevictable),
    zswapKib: part(stat.zswap),
    zswappedKib: kibOf(stat.zswapped),
    dirtyKib: part(stat.file_dirty),
    writebackKib: part(stat.file_writeback),
    anonKib: part(stat.anon),
    mappedKib: part(stat.file_mapped),
    shmemKib: part(stat.shmem),
    // The sum of the lines as printed, which is what procfs shows too.
    slabKib: Math.min(slabReclaimableKib + slabUnreclaimableKib, wholeKib),
    slabReclaimableKib,
    slabUnreclaimableKib,
    kernelStackKib: part(stat.kernel_stack),
    pageTablesKib: part(stat.pagetables),
    secondaryPageTablesKib: part(stat.sec_pagetables),
    vmallocKib: part(stat.vmalloc),
    percpuKib: part(stat.percpu),
    anonHugeKib: part(stat.anon_thp),
    shmemHugeKib: part(stat.shmem_thp),
    fileHugeKib: part(stat.file_thp),
    hugetlbKib: stat.hugetlb === undefined ? undefined : part(stat.hugetlb),
  };
}
