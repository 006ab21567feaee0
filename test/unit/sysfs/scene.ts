// A system tree on a host of files, asked by the host and by containers.

import { parseLayout } from '../../../src/cgroup/layout.ts';
import { FsError } from '../../../src/fuse/errno.ts';
import { HostFiles } from '../../../src/host/host-files.ts';
import { SystemDevices } from '../../../src/host/system-devices.ts';
import { Containers } from '../../../src/procfs/containers.ts';
import type { FallbackParts } from '../../../src/procfs/fallback.ts';
import type { Sources } from '../../../src/procfs/sources.ts';
import type { Reader } from '../../../src/reader/reader.ts';
import { rootNodeIds } from '../../../src/sysfs/node-ids.ts';
import { SystemTree } from '../../../src/sysfs/system-tree.ts';
import { cgroupMountinfo, makeSystemDevices } from '../../support/system-devices.ts';
import { makeTeardown } from '../../support/teardown.ts';

export const teardown = makeTeardown();

const v2 = (cpus: string, quota = 'max 100000') => ({
  'cpuset.cpus.effective': `${cpus}\n`,
  'cpu.max': `${quota}\n`,
});

/** Thread ids of readers, and what they have: CPUs in the host's numbers. */
export const tids = {
  host: 1,
  /** 1, 3, 5 and 7, all of node 1, half a GiB of memory. */
  odd: 2,
  /** 0, by quota. */
  one: 3,
  /** 0 to 7 */
  all: 4,
  gone: 5,
} as const;

const cgroups = [
  { name: 'host', files: {} },
  {
    name: 'odd',
    files: {
      ...v2('1,3,5,7'),
      'memory.max': '536870912\n',
      'memory.current': '104857600\n',
      'memory.swap.max': '0\n',
      'memory.swap.current': '0\n',
      'memory.high': 'max\n',
      'memory.stat': 'file 41943040\nactive_anon 4096\n',
    },
  },
  { name: 'one', files: v2('0-7', '50000 100000') },
  { name: 'all', files: v2('0-7') },
];

function readerOf(tid: number): Reader {
  if (tid === tids.host) return { kind: 'host' };
  const name = Object.entries(tids).find(([, known]) => known === tid)?.[0];
  if (name === undefined || name === 'gone') return { kind: 'gone' };
  return {
    kind: 'container',
    initPid: tid,
    initStartTicks: 1,
    pidnsInode: 1000 + tid,
    outermostPidns: 1000 + tid,
    cgroupText: `0::/${name}`,
  };
}

function textPartsOf(root: string): FallbackParts {
  const host = new HostFiles(root);
  const clock = { boottimeUsec: () => 1e9, monotonicUsec: () => 1e9, realtimeUsec: () => 1e15 };
  return {
    containers: new Containers(parseLayout(cgroupMountinfo, root), clock),
    // All of the sources that these files draw on.
    sources: {
      host,
      clock,
      cpuPolicy: 'quota',
      shownMemory: { swap: true, zswap: true },
    } as Sources,
    isShortage: () => false,
    report: (_source: unknown, _reader: unknown, error: unknown) => {
      throw error;
    },
  };
}

export interface Stat {
  readonly nodeId: number;
  readonly mode: number;
  readonly validSec: number | undefined;
  readonly inode: number | undefined;
}

export interface Scene {
  readonly root: string;
  readonly tree: SystemTree;
  /** Of a path such as `cpu/cpu0/topology`, looked up name by name; undefined when it is not there. */
  stat(path: string, tid: number): Stat | undefined;
  names(path: string, tid: number): string[] | undefined;
  /** The text, or `errno N`. */
  read(path: string, tid: number, uid?: number): string;
  link(path: string, tid: number): string | undefined;
  /** A later daemon, which knows nothing yet. */
  restarted(): Scene;
}

export function makeScene(root = makeRoot()): Scene {
  const tree = new SystemTree({
    host: new SystemDevices(root),
    resolver: { resolve: readerOf },
    textParts: textPartsOf(root),
    timeSec: 77,
  });
  const caller = (callerTid: number, uid = 0) => ({ callerTid, uid, gid: uid });
  const nodeOf = (path: string, tid: number): number | undefined => {
    const [top, ...names] = path.split('/');
    let nodeId: number | undefined = top === 'node' ? rootNodeIds.node : rootNodeIds.cpu;
    for (const name of names) {
      const child: number | undefined = tree.child(nodeId, name, caller(tid))?.nodeId;
      // As the kernel does it, which asks for the attributes before each use.
      if (child === undefined || tree.attr(child, caller(tid)) === undefined) return undefined;
      nodeId = child;
    }
    return nodeId;
  };
  const at = <Result>(path: string, tid: number, use: (nodeId: number) => Result) => {
    const nodeId = nodeOf(path, tid);
    return nodeId === undefined ? undefined : use(nodeId);
  };
  return {
    root,
    tree,
    stat: (path, tid) =>
      at(path, tid, (nodeId) => {
        const { mode = 0, validSec, inode } = tree.attr(nodeId, caller(tid)) ?? {};
        return { nodeId, mode, validSec, inode };
      }),
    names: (path, tid) =>
      at(path, tid, (nodeId) => tree.entries(nodeId, caller(tid))?.map(({ name }) => name)),
    read: (path, tid, uid = 0) =>
      at(path, tid, (nodeId) => textOrErrno(() => tree.text(nodeId, caller(tid, uid))?.text)) ??
      'errno 2',
    link: (path, tid) => at(path, tid, (nodeId) => tree.linkTarget(nodeId, caller(tid))),
    restarted: () => makeScene(root),
  };
}

function textOrErrno(read: () => string | undefined): string | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof FsError) return `errno ${error.errno}`;
    throw error;
  }
}

function makeRoot(): string {
  const root = teardown.makeDir();
  makeSystemDevices(root, cgroups);
  return root;
}
