// Where the numbers of a file come from, for `nsproc explain`: which kernel
// files, and which fields of them, go into each number.

/** The numbers of one file, and what goes into each. */
export interface Provenance {
  /** The numbers of a text: what each is called, and its value as printed. */
  numbers(text: string): readonly (readonly [label: string, value: string])[];
  /**
   * What goes into a number: `FILE` or `FILE FIELD`, of cgroup v1 and v2 alike (a host has one
   * of them). A number that is not listed is the host's.
   */
  readonly sources: Readonly<Record<string, readonly string[]>>;
}

/** One kernel text that was read while a file was made. */
export interface ReadRecord {
  readonly path: string;
  readonly text: string;
}

/** A kernel value that went into a number. */
export interface SourceValue {
  readonly path: string;
  readonly field?: string;
  readonly value: string;
}

function valueIn({ path, text }: ReadRecord, field: string | undefined): SourceValue | undefined {
  if (field === undefined) return { path, value: text.trim().replaceAll('\n', ' | ') };
  for (const line of text.split('\n')) {
    const [, value] = line.startsWith(field)
      ? (/^:?\s+(.+)$/.exec(line.slice(field.length)) ?? [])
      : [];
    if (value !== undefined) return { path, field, value };
  }
  return undefined;
}

/** The values behind one source, of every cgroup on the way to the root that has it. */
export function sourceValues(source: string, reads: readonly ReadRecord[]): SourceValue[] {
  const [file = '', field] = source.split(' ');
  const found = new Map<string, SourceValue>();
  for (const read of reads) {
    if (!read.path.endsWith(`/${file}`)) continue;
    const value = valueIn(read, field);
    if (value !== undefined) found.set(read.path, value);
  }
  return [...found.values()];
}

const cpuCountSources = [
  'cpu.cfs_quota_us',
  'cpu.cfs_period_us',
  'cpu.max',
  'cpuset.effective_cpus',
  'cpuset.cpus.effective',
  'online',
];
const ageSources = ['stat starttime'];

export const uptimeProvenance: Provenance = {
  numbers: (text) => {
    const [age = '', idle = ''] = text.trim().split(' ');
    return [
      ['uptime', age],
      ['idle', idle],
    ];
  },
  sources: {
    uptime: ageSources,
    idle: [...ageSources, 'cpuacct.usage', 'cpu.stat usage_usec', ...cpuCountSources],
  },
};

const cpuTimeSources = [
  ...ageSources,
  'cpuacct.usage_all',
  'cpuacct.usage_percpu_user',
  'cpuacct.usage_percpu_sys',
  'cpu.stat user_usec',
  'cpu.stat nice_usec',
  'cpu.stat system_usec',
  ...cpuCountSources,
];
const taskSources = ['tasks', 'cgroup.threads'];

function spaceSeparated(text: string): [string, string][] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const blank = line.indexOf(' ');
      return [line.slice(0, blank), line.slice(blank).trim()];
    });
}

export const statProvenance: Provenance = {
  // Every cpuN line has the sources of the cpu line.
  numbers: (text) =>
    spaceSeparated(text).map(([label, value]) => [/^cpu\d+$/.test(label) ? 'cpuN' : label, value]),
  sources: {
    cpu: cpuTimeSources,
    cpuN: cpuTimeSources,
    btime: ageSources,
    procs_running: taskSources,
    procs_blocked: taskSources,
  },
};

const limitSources = ['memory.stat hierarchical_memory_limit', 'memory.max'];
const usageSources = ['memory.usage_in_bytes', 'memory.current'];
const swapLimitSources = [
  'memory.stat hierarchical_memsw_limit',
  'memory.stat hierarchical_memory_limit',
  'memory.swappiness',
  'memory.swap.max',
];

/** A field of memory.stat: v1's name (without `total_`), then v2's. */
function stat(v1: string | null, ...v2: string[]): string[] {
  const first = v1 === null ? [] : [`memory.stat total_${v1}`];
  return [...first, ...v2.map((field) => `memory.stat ${field}`)];
}

export const meminfoProvenance: Provenance = {
  numbers: (text) =>
    text
      .split('\n')
      .filter((line) => line.includes(':'))
      .map((line) => {
        const colon = line.indexOf(':');
        return [line.slice(0, colon), line.slice(colon + 1).trim()];
      }),
  sources: {
    MemTotal: limitSources,
    MemFree: [...limitSources, ...usageSources],
    MemAvailable: [
      ...limitSources,
      ...usageSources,
      ...stat('active_file', 'active_file'),
      ...stat('inactive_file', 'inactive_file', 'slab_reclaimable'),
    ],
    Buffers: [],
    Cached: stat('cache', 'file'),
    SwapCached: stat('swapcached', 'swapcached'),
    Active: [...stat('active_anon', 'active_anon'), ...stat('active_file', 'active_file')],
    Inactive: [
      ...stat('inactive_anon', 'inactive_anon'),
      ...stat('inactive_file', 'inactive_file'),
    ],
    'Active(anon)': stat('active_anon', 'active_anon'),
    'Inactive(anon)': stat('inactive_anon', 'inactive_anon'),
    'Active(file)': stat('active_file', 'active_file'),
    'Inactive(file)': stat('inactive_file', 'inactive_file'),
    Unevictable: stat('unevictable', 'unevictable'),
    Mlocked: stat('unevictable', 'unevictable'),
    SwapTotal: swapLimitSources,
    SwapFree: [...swapLimitSources, ...stat('swap'), 'memory.swap.current'],
    Zswap: stat(null, 'zswap'),
    Zswapped: stat(null, 'zswapped'),
    Dirty: stat('dirty', 'file_dirty'),
    Writeback: stat('writeback', 'file_writeback'),
    AnonPages: stat('rss', 'anon'),
    Mapped: stat('mapped_file', 'file_mapped'),
    Shmem: stat('shmem', 'shmem'),
    KReclaimable: stat(null, 'slab_reclaimable'),
    Slab: stat(null, 'slab_reclaimable', 'slab_unreclaimable'),
    SReclaimable: stat(null, 'slab_reclaimable'),
    SUnreclaim: stat(null, 'slab_unreclaimable'),
    KernelStack: stat(null, 'kernel_stack'),
    ShadowCallStack: [],
    PageTables: stat(null, 'pagetables'),
    SecPageTables: stat(null, 'sec_pagetables'),
    NFS_Unstable: [],
    Bounce: [],
    WritebackTmp: [],
    VmallocUsed: stat(null, 'vmalloc'),
    Percpu: stat(null, 'percpu'),
    AnonHugePages: stat('rss_huge', 'anon_thp'),
    ShmemHugePages: stat(null, 'shmem_thp'),
    ShmemPmdMapped: [],
    FileHugePages: stat(null, 'file_thp'),
    FilePmdMapped: [],
    Hugetlb: stat(null, 'hugetlb'),
  },
};
