// Where the numbers of a file come from, for `nsproc explain`: which kernel
// files, and which fields of them, go into each number.

/** The numbers of one file, and what goes into each. */
export interface Provenance {
  /** The numbers of a text: what each is called, and its value as printed. */
  numbers(text: string): readonly (readonly [label: string, value: string])[];
  /**
   * What goes into a number: `FILE`, `FILE FIELD` or `FILE FIELD|FIELD` (the first that is there),
   * of cgroup v1 and v2 alike (a host has one of them), or `= WORDS` for what no one file says.
   * `undefined`: the number is the host's.
   */
  sources(label: string): readonly string[] | undefined;
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

function fieldIn({ path, text }: ReadRecord, field: string): SourceValue | undefined {
  for (const line of text.split('\n')) {
    if (!line.startsWith(field)) continue;
    const value = /^:?\s+(.+)$/.exec(line.slice(field.length))?.[1];
    if (value !== undefined) return { path, field, value };
  }
  return undefined;
}

function valueIn(read: ReadRecord, fields: string | undefined): SourceValue | undefined {
  if (fields === undefined) {
    return { path: read.path, value: read.text.trim().replaceAll('\n', ' | ') };
  }
  for (const field of fields.split('|')) {
    const found = fieldIn(read, field);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The values behind one source, of every cgroup on the way to the root that has it. */
export function sourceValues(source: string, reads: readonly ReadRecord[]): SourceValue[] {
  if (source.startsWith('= ')) return [{ path: source.slice(2), value: '' }];
  const [file = '', fields] = source.split(' ');
  const found = new Map<string, SourceValue>();
  for (const read of reads) {
    if (!read.path.endsWith(`/${file}`)) continue;
    const value = valueIn(read, fields);
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
  sources: (label) =>
    label === 'uptime'
      ? ageSources
      : [...ageSources, 'cpuacct.usage', 'cpu.stat usage_usec', ...cpuCountSources],
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
const taskSources = ['= states of the tasks in the cpu cgroup and below it'];

const statSources: Readonly<Record<string, readonly string[]>> = {
  btime: ageSources,
  procs_running: taskSources,
  procs_blocked: taskSources,
};

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
  numbers: spaceSeparated,
  sources: (label) => (/^cpu\d*$/.test(label) ? cpuTimeSources : statSources[label]),
};

const loadSources = [
  ...taskSources,
  '= counted by the daemon every 5 s while somebody reads them; shown as they begin',
  'cpuacct.usage',
  'cpu.stat usage_usec',
];

const loadavgSources: Readonly<Record<string, readonly string[]>> = {
  '1 min': loadSources,
  '5 min': loadSources,
  '15 min': loadSources,
  running: taskSources,
  total: ['= tasks in the cpu cgroup and below it'],
  'last pid': ["= the newest task's number in its pid namespace"],
};

export const loadavgProvenance: Provenance = {
  numbers: (text) => {
    const labels = Object.keys(loadavgSources);
    return text
      .trim()
      .split(/[ /]/)
      .map((value, index) => [labels[index] ?? '', value]);
  },
  sources: (label) => loadavgSources[label],
};

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

const ioSources = [
  'io.stat',
  ...['throttle.', 'bfq.', ''].flatMap((policy) => [
    `blkio.${policy}io_serviced_recursive`,
    `blkio.${policy}io_service_bytes_recursive`,
  ]),
];

export const diskstatsProvenance: Provenance = {
  numbers: (text) =>
    text.split('\n').flatMap((line) => {
      const [, , name, ...counters] = line.trim().split(/\s+/);
      return name === undefined ? [] : [[name, counters.join(' ')] as const];
    }),
  sources: () => ioSources,
};

export const slabinfoProvenance: Provenance = {
  numbers: (text) =>
    text
      .split('\n')
      .slice(2)
      .filter((line) => line !== '')
      .map((line) => {
        const [cache = '', activeObjects = ''] = line.split(/\s+/);
        return [cache, activeObjects];
      }),
  sources: () => ['= memory.kmem.slabinfo of the memory cgroup'],
};

export const cpuinfoProvenance: Provenance = {
  numbers: (text) => {
    const processors = text.match(/^processor[\s\d]*:/gm) ?? [];
    return [['processors', String(processors.length)]];
  },
  sources: () => cpuCountSources,
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
