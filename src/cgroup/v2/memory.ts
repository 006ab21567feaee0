// The memory controller of cgroup v2, in its own words.

import type { ControllerCgroup } from '../container-cgroup.ts';
import { type CgroupDirectory, lowerLimit } from '../directory.ts';
import { type MemoryStat, memoryStatParser, parseBytes } from '../memory-stat.ts';

const statKeys = [
  'anon',
  'file',
  'kernel_stack',
  'pagetables',
  'sec_pagetables',
  'percpu',
  'vmalloc',
  'shmem',
  'zswap',
  'zswapped',
  'file_mapped',
  'file_dirty',
  'file_writeback',
  'swapcached',
  'anon_thp',
  'file_thp',
  'shmem_thp',
  'inactive_anon',
  'active_anon',
  'inactive_file',
  'active_file',
  'unevictable',
  'slab_reclaimable',
  'slab_unreclaimable',
  'hugetlb',
] as const;

export type V2MemoryStatKey = (typeof statKeys)[number];

export interface V2Memory {
  readonly version: 2;
  /**
   * The smallest memory.max of the cgroup and its ancestors. memory.high is no
   * limit: above it a cgroup is slowed down, but it still gets the memory.
   */
  readonly maxBytes: number | null;
  /** Of the nearest cgroup that has the controller, as are swap.current and stat. */
  readonly currentBytes: number;
  /** The smallest memory.swap.max, likewise; `undefined`: swap is not accounted. */
  readonly swapMaxBytes: number | null | undefined;
  readonly swapCurrentBytes: number | undefined;
  readonly stat: MemoryStat<V2MemoryStatKey>;
}

const parseStat = memoryStatParser(statKeys);

function readBytes(directory: CgroupDirectory, name: string): number | undefined {
  const text = directory.readText(name);
  return text === undefined ? undefined : parseBytes(text, `${directory.path}/${name}`);
}

/**
 * The nearest cgroup with the controller enabled, and its usage; `undefined`
 * when there is none (the root of v2 has no memory.current) or the cgroup is gone.
 */
function readNearestUsage(
  chain: readonly CgroupDirectory[],
): { directory: CgroupDirectory; currentBytes: number } | undefined {
  for (const directory of chain) {
    const currentBytes = readBytes(directory, 'memory.current');
    if (currentBytes !== undefined) return { directory, currentBytes };
    // Not enabled here, or gone? Every living cgroup has this file. A parent
    // must not speak for a cgroup that is gone: it has other children.
    if (directory.readText('cgroup.controllers') === undefined) return undefined;
  }
  return undefined;
}

function readLowestLimit(chain: readonly CgroupDirectory[], name: string): number | null {
  let lowest: number | null = null;
  for (const directory of chain) lowest = lowerLimit(lowest, directory.readLimit(name) ?? null);
  return lowest;
}

export function readV2Memory({ chain }: ControllerCgroup): V2Memory | undefined {
  const nearest = readNearestUsage(chain);
  if (nearest === undefined) return undefined;
  const { directory, currentBytes } = nearest;
  const maxBytes = readLowestLimit(chain, 'memory.max');
  const swapCurrentBytes = readBytes(directory, 'memory.swap.current');
  const swapMaxBytes =
    swapCurrentBytes === undefined ? undefined : readLowestLimit(chain, 'memory.swap.max');
  // Read last: while it can be read the cgroup is there, so all before it was.
  const statText = directory.readText('memory.stat');
  if (statText === undefined) return undefined;
  return {
    version: 2,
    maxBytes,
    currentBytes,
    swapMaxBytes,
    swapCurrentBytes,
    stat: parseStat(statText, `${directory.path}/memory.stat`),
  };
}
