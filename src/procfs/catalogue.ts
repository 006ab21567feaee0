// Every file that nsproc serves: its place, its constant node id, the host's
// file that stands in for it, and what makes a container's text.
//
// Node ids are for ever: a kernel remembers them as long as the mount lives, also when
// another version of nsproc serves it. Append, never renumber.

import type { DirectoryRow } from '../vfs/tree.ts';
import type { Container } from './container.ts';
import { cpuinfoHostText, cpuinfoText } from './cpuinfo.ts';
import { diskstatsText } from './diskstats.ts';
import { loadavgText } from './loadavg.ts';
import { meminfoText } from './meminfo.ts';
import { cpuinfoProvenance, statProvenance, uptimeProvenance } from './provenance/cpus.ts';
import { diskstatsProvenance, slabinfoProvenance } from './provenance/devices.ts';
import { meminfoProvenance, swapsProvenance } from './provenance/memory.ts';
import type { Provenance } from './provenance/provenance.ts';
import { loadavgProvenance } from './provenance/tasks.ts';
import { slabinfoText } from './slabinfo.ts';
import type { Sources } from './sources.ts';
import { statText } from './stat.ts';
import { swapsText } from './swaps.ts';
import { uptimeText } from './uptime.ts';

export interface CatalogueEntry {
  /** Below the mount point. */
  readonly path: string;
  readonly nodeId: number;
  /** Permission bits, the host's. */
  readonly mode: number;
  /** Without this file the host's kernel has none of the kind, and neither has the mount. */
  readonly hostPath: string;
  /** `undefined` when the container has no value of its own at this moment. */
  readonly containerText: (
    container: Container,
    sources: Sources,
    callerTid: number,
  ) => string | undefined;
  /** False while containers are to see the host's file; always true if not given. */
  readonly isShown?: (sources: Sources) => boolean;
  /** The host's text where the kernel prints another one for each reader. */
  readonly hostText?: (sources: Sources, callerTid: number) => string | undefined;
  /** Which kernel values its numbers are made from. */
  readonly provenance: Provenance;
}

export const directories: readonly DirectoryRow[] = [
  { path: 'proc', nodeId: 2 },
  // Covered by a mount of its own where the kernel keeps pressure information: see pressure.ts.
  { path: 'proc/pressure', nodeId: 3 },
];

export const catalogue: readonly CatalogueEntry[] = [
  {
    path: 'proc/uptime',
    nodeId: 16,
    mode: 0o444,
    hostPath: '/proc/uptime',
    containerText: uptimeText,
    provenance: uptimeProvenance,
  },
  {
    path: 'proc/meminfo',
    nodeId: 17,
    mode: 0o444,
    hostPath: '/proc/meminfo',
    containerText: meminfoText,
    provenance: meminfoProvenance,
  },
  {
    path: 'proc/stat',
    nodeId: 18,
    mode: 0o444,
    hostPath: '/proc/stat',
    containerText: statText,
    provenance: statProvenance,
  },
  {
    path: 'proc/swaps',
    nodeId: 19,
    mode: 0o444,
    hostPath: '/proc/swaps',
    containerText: swapsText,
    provenance: swapsProvenance,
  },
  {
    path: 'proc/diskstats',
    nodeId: 20,
    mode: 0o444,
    hostPath: '/proc/diskstats',
    containerText: diskstatsText,
    provenance: diskstatsProvenance,
  },
  {
    path: 'proc/cpuinfo',
    nodeId: 21,
    mode: 0o444,
    hostPath: '/proc/cpuinfo',
    containerText: cpuinfoText,
    hostText: cpuinfoHostText,
    provenance: cpuinfoProvenance,
  },
  {
    path: 'proc/slabinfo',
    nodeId: 22,
    mode: 0o400,
    hostPath: '/proc/slabinfo',
    containerText: slabinfoText,
    provenance: slabinfoProvenance,
  },
  {
    path: 'proc/loadavg',
    nodeId: 24,
    mode: 0o444,
    hostPath: '/proc/loadavg',
    containerText: loadavgText,
    isShown: ({ loads }) => loads !== undefined,
    provenance: loadavgProvenance,
  },
];
