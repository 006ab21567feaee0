// Which cgroup hierarchies this machine has mounted, v1 and v2, as
// /proc/self/mountinfo tells, and which controllers a test can use in them.

import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export type Controller = 'blkio' | 'cpu' | 'cpuacct' | 'cpuset' | 'io' | 'memory' | 'pids';

export interface Hierarchy {
  readonly version: 1 | 2;
  readonly mountPoint: string;
  /** What it can hand out; a v1 hierarchy without controllers has its name=… here. */
  readonly controllers: readonly string[];
}

/** Mount options that a v1 hierarchy shows beside its controllers. */
const v1Flags = new Set(['rw', 'ro', 'clone_children', 'xattr', 'noprefix', 'cpuset_v2_mode']);

/** Undoes the octal escapes of mountinfo (blank, tab, newline, backslash). */
function unescapeMountPath(path: string): string {
  return path.replace(/\\([0-7]{3})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );
}

function parseHierarchy(line: string): Hierarchy | undefined {
  const [left = '', right = ''] = line.split(' - ');
  const [type = '', , options = ''] = right.split(' ');
  const mountPoint = unescapeMountPath(left.split(' ')[4] ?? '');
  if (type === 'cgroup2') {
    return { version: 2, mountPoint, controllers: readControllers(mountPoint) };
  }
  if (type !== 'cgroup') return undefined;
  const controllers = options.split(',').filter((option) => !v1Flags.has(option));
  return { version: 1, mountPoint, controllers };
}

/** What a v2 cgroup has files for. */
export function readControllers(dir: string): string[] {
  const text = readFileSync(join(dir, 'cgroup.controllers'), 'utf8').trim();
  return text === '' ? [] : text.split(' ');
}

function isWritable(dir: string): boolean {
  try {
    accessSync(dir, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** The hierarchies in which cgroups can be made, each once however often it is mounted. */
export function readHierarchies(): Hierarchy[] {
  const byIdentity = new Map<string, Hierarchy>();
  for (const line of readFileSync('/proc/self/mountinfo', 'utf8').split('\n')) {
    const hierarchy = parseHierarchy(line);
    if (hierarchy === undefined || !isWritable(hierarchy.mountPoint)) continue;
    const identity = hierarchy.version === 2 ? 'v2' : hierarchy.controllers.join(',');
    if (!byIdentity.has(identity)) byIdentity.set(identity, hierarchy);
  }
  return [...byIdentity.values()];
}

/** cpuacct has no name of its own on v2, where each cgroup counts its CPU time. */
export function holds({ version, controllers }: Hierarchy, controller: Controller): boolean {
  return controllers.includes(version === 2 && controller === 'cpuacct' ? 'cpu' : controller);
}

/** Whether a test can limit this here; `swap` is part of memory, when accounted. */
export function supports(resource: Controller | 'swap'): boolean {
  const controller = resource === 'swap' ? 'memory' : resource;
  const memory = readHierarchies().find((hierarchy) => holds(hierarchy, controller));
  if (resource !== 'swap') return memory !== undefined;
  if (memory === undefined) return false;
  // The root of v2 has no memory.swap.max to look for; every other cgroup has
  // one on a kernel built with CONFIG_SWAP, and so has /proc/swaps.
  return memory.version === 2
    ? existsSync('/proc/swaps')
    : existsSync(join(memory.mountPoint, 'memory.memsw.limit_in_bytes'));
}
