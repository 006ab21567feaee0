// What goes into the numbers of meminfo and swaps: limits, usage and the fields of memory.stat.

import type { Provenance } from './provenance.ts';

const limitSources = ['memory.stat hierarchical_memory_limit', 'memory.max'];
const usageSources = ['memory.usage_in_bytes', 'memory.current'];
const swapLimitSources = [
  'memory.stat hierarchical_memsw_limit',
  'memory.stat hierarchical_memory_limit',
  'memory.swappiness',
  'memory.swap.max',
];

/** Fields of memory.stat that are added up: of v1 (without `total_`), and of v2. */
function stat(v1: readonly string[], v2: readonly string[]): string[] {
  const longest = Math.max(v1.length, v2.length);
  return Array.from({ length: longest }, (_, index) => {
    const alternatives = [v1[index] && `total_${v1[index]}`, v2[index]].filter(Boolean);
    return `memory.stat ${alternatives.join('|')}`;
  });
}

/** A field with the same name, but for `total_`, in both versions. */
function same(...fields: string[]): string[] {
  return stat(fields, fields);
}

/** What v1 does not count. */
function onlyV2(...fields: string[]): string[] {
  return stat([], fields);
}

/** Numbers of the virtual device, after the header. */
export const swapsProvenance: Provenance = {
  numbers: (text) => {
    const [, device = ''] = text.split('\n');
    const [, , size = '0', used = '0'] = device.split(/\s+/);
    return [
      ['Size', size],
      ['Used', used],
    ];
  },
  sources: (label) =>
    label === 'Size'
      ? swapLimitSources
      : [...swapLimitSources, ...stat(['swap'], []), 'memory.swap.current'],
};

const meminfoSources: Readonly<Record<string, readonly string[]>> = {
  MemTotal: limitSources,
  MemFree: [...limitSources, ...usageSources],
  MemAvailable: [
    ...limitSources,
    ...usageSources,
    ...same('active_file'),
    ...same('inactive_file'),
    ...onlyV2('slab_reclaimable'),
  ],
  Buffers: [],
  Cached: stat(['cache'], ['file']),
  SwapCached: same('swapcached'),
  Active: same('active_anon', 'active_file'),
  Inactive: [...same('inactive_anon'), ...same('inactive_file')],
  'Active(anon)': same('active_anon'),
  'Inactive(anon)': same('inactive_anon'),
  'Active(file)': same('active_file'),
  'Inactive(file)': same('inactive_file'),
  Unevictable: same('unevictable'),
  Mlocked: same('unevictable'),
  SwapTotal: swapLimitSources,
  SwapFree: [...swapLimitSources, ...stat(['swap'], []), 'memory.swap.current'],
  Zswap: onlyV2('zswap'),
  Zswapped: onlyV2('zswapped'),
  Dirty: stat(['dirty'], ['file_dirty']),
  Writeback: stat(['writeback'], ['file_writeback']),
  AnonPages: stat(['rss'], ['anon']),
  Mapped: stat(['mapped_file'], ['file_mapped']),
  Shmem: same('shmem'),
  KReclaimable: onlyV2('slab_reclaimable'),
  Slab: onlyV2('slab_reclaimable', 'slab_unreclaimable'),
  SReclaimable: onlyV2('slab_reclaimable'),
  SUnreclaim: onlyV2('slab_unreclaimable'),
  KernelStack: onlyV2('kernel_stack'),
  ShadowCallStack: [],
  PageTables: onlyV2('pagetables'),
  SecPageTables: onlyV2('sec_pagetables'),
  NFS_Unstable: [],
  Bounce: [],
  WritebackTmp: [],
  VmallocUsed: onlyV2('vmalloc'),
  Percpu: onlyV2('percpu'),
  AnonHugePages: stat(['rss_huge'], ['anon_thp']),
  ShmemHugePages: onlyV2('shmem_thp'),
  ShmemPmdMapped: [],
  FileHugePages: onlyV2('file_thp'),
  FilePmdMapped: [],
  Hugetlb: onlyV2('hugetlb'),
};

export const meminfoProvenance: Provenance = {
  numbers: (text) =>
    text
      .split('\n')
      .filter((line) => line.includes(':'))
      .map((line) => {
        const colon = line.indexOf(':');
        return [line.slice(0, colon), line.slice(colon + 1).trim()];
      }),
  sources: (label) => meminfoSources[label],
};
