// Readings of the memory controller for tests: idle containers without limits, but
// for what a test says.

import type { V1Memory } from '../../src/cgroup/v1/memory.ts';
import type { V2Memory } from '../../src/cgroup/v2/memory.ts';

type Given<Reading extends V1Memory | V2Memory> = Partial<Omit<Reading, 'stat'>> & {
  readonly stat?: Partial<Reading['stat']>;
};

const v1Stat: V1Memory['stat'] = {
  hierarchical_memory_limit: undefined,
  hierarchical_memsw_limit: undefined,
  total_cache: 0,
  total_rss: 0,
  total_rss_huge: 0,
  total_shmem: 0,
  total_mapped_file: 0,
  total_dirty: 0,
  total_writeback: 0,
  total_swap: 0,
  total_swapcached: 0,
  total_inactive_anon: 0,
  total_active_anon: 0,
  total_inactive_file: 0,
  total_active_file: 0,
  total_unevictable: 0,
};

const v2Stat: V2Memory['stat'] = {
  anon: 0,
  file: 0,
  kernel_stack: 0,
  pagetables: 0,
  sec_pagetables: 0,
  percpu: 0,
  vmalloc: 0,
  shmem: 0,
  zswap: 0,
  zswapped: 0,
  file_mapped: 0,
  file_dirty: 0,
  file_writeback: 0,
  swapcached: 0,
  anon_thp: 0,
  file_thp: 0,
  shmem_thp: 0,
  inactive_anon: 0,
  active_anon: 0,
  inactive_file: 0,
  active_file: 0,
  unevictable: 0,
  slab_reclaimable: 0,
  slab_unreclaimable: 0,
  hugetlb: undefined,
};

export function v1Reading(given: Given<V1Memory>): V1Memory {
  return {
    version: 1,
    limitInBytes: null,
    usageInBytes: 0,
    memswLimitInBytes: null,
    swappiness: 60,
    ...given,
    stat: { ...v1Stat, ...given.stat },
  };
}

export function v2Reading(given: Given<V2Memory>): V2Memory {
  return {
    version: 2,
    maxBytes: null,
    currentBytes: 0,
    swapMaxBytes: null,
    swapCurrentBytes: 0,
    ...given,
    stat: { ...v2Stat, ...given.stat },
  };
}
