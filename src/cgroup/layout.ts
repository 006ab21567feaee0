// Which cgroup hierarchies this host has, and where: read from mountinfo, never
// guessed from well-known paths.

import { CgroupDirectory, type OnRead } from './directory.ts';

/** One place where a hierarchy, or a part of it, is mounted. */
export interface HierarchyMount {
  /** Absolute path of the mount, with the root prefix. */
  readonly mountPoint: string;
  /** Which cgroup is mounted there, as the reader of mountinfo sees it: `/`, `/docker/x` or `/..`. */
  readonly root: string;
  /**
   * The names from `root` to the root of the daemon's cgroup namespace, where
   * that is below and known.
   */
  readonly namespaceRoot?: readonly string[];
}

/** One cgroup hierarchy. */
export interface Hierarchy {
  readonly version: 1 | 2;
  /** v1: the controllers of the hierarchy, `name=systemd` included; v2: empty. */
  readonly controllers: readonly string[];
  /** Where it is mounted; the mount that shows most of it comes first. */
  readonly mounts: readonly HierarchyMount[];
}

export interface CgroupLayout {
  /** `hybrid` = v1 controllers and a v2 mount beside them. */
  readonly kind: 'legacy' | 'hybrid' | 'unified' | 'none';
  readonly hierarchies: readonly Hierarchy[];
}

/** Super block options of a v1 mount that are not controllers. */
const notControllers = new Set([
  'rw',
  'ro',
  'xattr',
  'clone_children',
  'noprefix',
  'all',
  'seclabel',
]);

/** mountinfo writes blank, tab, newline and backslash as octal escapes. */
function unescaped(field: string): string {
  return field.replace(/\\([0-7]{3})/g, (_, octal: string) =>
    String.fromCharCode(Number.parseInt(octal, 8)),
  );
}

interface CgroupMount extends HierarchyMount {
  readonly version: 1 | 2;
  readonly controllers: readonly string[];
}

function controllersOf(options: string): string[] {
  const isController = (option: string) =>
    option.startsWith('name=') || !(notControllers.has(option) || option.includes('='));
  return options.split(',').filter(isController);
}

function mountOf(line: string, prefix: string): CgroupMount | undefined {
  const [mounted = '', superBlock = ''] = line.split(' - ');
  const [type, , options = ''] = superBlock.split(' ');
  if (type !== 'cgroup' && type !== 'cgroup2') return undefined;
  const [, , , root = '/', mountPoint = ''] = mounted.split(' ');
  return {
    version: type === 'cgroup2' ? 2 : 1,
    controllers: type === 'cgroup2' ? [] : controllersOf(options),
    mountPoint: prefix + unescaped(mountPoint),
    root: unescaped(root),
  };
}

/** How far below the daemon's own root a mount begins; negative above it. */
function depthOf({ root }: HierarchyMount): number {
  return componentsOf(root).reduce((depth, part) => depth + (part === '..' ? -1 : 1), 0);
}

/**
 * Parses proc_pid_mountinfo(5).
 *
 * `prefix` is put before every mount point ('' on a real host; a fixture tree in tests).
 */
export function parseLayout(mountinfo: string, prefix: string): CgroupLayout {
  const found = new Map<string, CgroupMount[]>();
  for (const line of mountinfo.split('\n')) {
    const mount = mountOf(line, prefix);
    if (mount === undefined) continue;
    const key = `${mount.version}:${mount.controllers.join(',')}`;
    found.set(key, [...(found.get(key) ?? []), mount]);
  }
  const hierarchies = [...found.values()].flatMap((mounts): Hierarchy[] => {
    const [first] = mounts.sort((a, b) => depthOf(a) - depthOf(b));
    return first === undefined
      ? []
      : [{ version: first.version, controllers: first.controllers, mounts }];
  });
  return { kind: kindOf(hierarchies), hierarchies };
}

function kindOf(hierarchies: readonly Hierarchy[]): CgroupLayout['kind'] {
  const hasV2 = hierarchies.some(({ version }) => version === 2);
  const hasV1 = hierarchies.some(({ version }) => version === 1);
  if (hasV1) return hasV2 ? 'hybrid' : 'legacy';
  return hasV2 ? 'unified' : 'none';
}

/** Path components of a cgroup path; leading `..` stay (a cgroup namespace shows them). */
export function componentsOf(path: string): string[] {
  return path.split('/').filter((part) => part !== '');
}

/** The part of a cgroup path below a mount's root; `undefined` when it lies outside. */
function below(mount: HierarchyMount, cgroupPath: string): string[] | undefined {
  const root = componentsOf(mount.root);
  const path = componentsOf(cgroupPath);
  const { namespaceRoot } = mount;
  if (namespaceRoot !== undefined) {
    const up = path.filter((part) => part === '..').length;
    if (up > namespaceRoot.length) return undefined;
    return [...namespaceRoot.slice(0, namespaceRoot.length - up), ...path.slice(up)];
  }
  if (root.some((part, index) => path[index] !== part)) return undefined;
  const rest = path.slice(root.length);
  return rest.includes('..') ? undefined : rest;
}

/** A path from a kernel text, which is read byte by byte, as text: names may be UTF-8. */
function pathOfBytes(bytes: string): string {
  return /[\x80-\xff]/.test(bytes) ? Buffer.from(bytes, 'latin1').toString('utf8') : bytes;
}

/**
 * Whoever has a cgroup can make one in another without end, and each level costs open files and
 * readings. Those who lie deeper than this count as the ancestor at this depth.
 */
const mostLevels = 64;

/**
 * The directories of a cgroup and of all its ancestors that a mount shows, leaf
 * first; `undefined` when no mount shows the cgroup.
 *
 * `cgroupPath` and the mounts' roots are both as the daemon sees them, so
 * inside a cgroup namespace both may begin with `/..`.
 */
export function chainOf(
  hierarchy: Hierarchy,
  cgroupPath: string,
  onRead?: OnRead,
): CgroupDirectory[] | undefined {
  for (const mount of hierarchy.mounts) {
    const names = below(mount, cgroupPath)?.slice(0, mostLevels);
    if (names === undefined) continue;
    const pathOf = (depth: number) =>
      pathOfBytes([mount.mountPoint, ...names.slice(0, depth)].join('/'));
    return [...names.keys(), names.length]
      .map((depth) => new CgroupDirectory(pathOf(depth), onRead))
      .reverse();
  }
  return undefined;
}
