// The memory controller of cgroup v1, in its own words.

import { KernelFormatError } from '../../kernel/format-error.ts';
import type { ControllerCgroup } from '../container-cgroup.ts';
import { type MemoryStat, memoryStatParser, parseBytes } from '../memory-stat.ts';

/** The `total_` counters cover the cgroup and all below it, as usage_in_bytes does. */
const statKeys = [
  'hierarchical_memory_limit',
  'hierarchical_memsw_limit',
  'total_cache',
  'total_rss',
  'total_rss_huge',
  'total_shmem',
  'total_mapped_file',
  'total_dirty',
  'total_writeback',
  'total_swap',
  'total_swapcached',
  'total_inactive_anon',
  'total_active_anon',
  'total_inactive_file',
  'total_active_file',
  'total_unevictable',
] as const;

export type V1MemoryStatKey = (typeof statKeys)[number];

export interface V1Memory {
  readonly version: 1;
  /** The smallest limit of the cgroup and its ancestors. */
  readonly limitInBytes: number | null;
  readonly usageInBytes: number;
  /** Limit of memory and swap together, likewise; `undefined`: swap is not accounted. */
  readonly memswLimitInBytes: number | null | undefined;
  /** 0: this cgroup's memory is never swapped to stay below its limit. */
  readonly swappiness: number | undefined;
  readonly stat: MemoryStat<V1MemoryStatKey>;
}

const parseStat = memoryStatParser(statKeys);

/**
 * v1 says "no limit" with the largest multiple of the page size below 2^63
 * (PAGE_COUNTER_MAX), so anything near 2^63 is no limit.
 */
const noLimitAbove = 2 ** 62;

function limitOf(bytes: number): number | null {
  return bytes < noLimitAbove ? bytes : null;
}

/**
 * The limits are those that memory.stat calls hierarchical: the minimum over
 * the ancestors as the kernel applies them. That is right also where an
 * ancestor has use_hierarchy off, or is outside what is mounted here, and
 * spares a read for each ancestor.
 */
export function readV1Memory({ chain }: ControllerCgroup): V1Memory | undefined {
  const [directory] = chain;
  // The root cgroup has no limit and holds whatever is in no container: a
  // process there has the host's memory. Only the root has a release_agent.
  if (directory === undefined || directory.has('release_agent')) {
    return undefined;
  }
  const usage = directory.readText('memory.usage_in_bytes');
  const swappiness = directory.readSetting('memory.swappiness');
  // Read last: while it can be read the cgroup is there, so all before it was.
  const statText = directory.readText('memory.stat');
  if (usage === undefined || statText === undefined) return undefined;

  const source = `${directory.path}/memory.stat`;
  const stat = parseStat(statText, source);
  const { hierarchical_memory_limit: limit, hierarchical_memsw_limit: memswLimit } = stat;
  if (limit === undefined) {
    throw new KernelFormatError(source, statText, 'a line hierarchical_memory_limit');
  }
  // Kernels from 6.11 print a memsw limit even if built without swap.
  const isSwapAccounted = memswLimit !== undefined && stat.total_swap !== undefined;
  return {
    version: 1,
    limitInBytes: limitOf(limit),
    usageInBytes: parseBytes(usage, `${directory.path}/memory.usage_in_bytes`),
    memswLimitInBytes: isSwapAccounted ? limitOf(memswLimit) : undefined,
    swappiness:
      swappiness === undefined
        ? undefined
        : parseBytes(swappiness, `${directory.path}/memory.swappiness`),
    stat,
  };
}
