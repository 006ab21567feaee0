// Which mounts of a container stand over its procfs and sysfs files, and which file of a live
// mount belongs there. Pure: mountinfo in, places out.

import { type MountLine, mountOver, mountsInside } from '../kernel/mountinfo.ts';

/** The mounts of LXCFS or nsproc at one place, the topmost first. */
export interface ServedPlace {
  /** As the container's root directory has it. */
  readonly target: string;
  readonly layers: readonly [MountLine, ...MountLine[]];
}

const servedTypes: ReadonlySet<string> = new Set(['fuse.lxcfs', 'fuse.nsproc']);

export function isServed({ type }: MountLine): boolean {
  return servedTypes.has(type);
}

/**
 * Places within procfs and sysfs. A mount of a whole tree elsewhere, such as at the daemon's own
 * mount point, is none.
 */
export function servedPlacesOf(mounts: readonly MountLine[]): ServedPlace[] {
  const byId = new Map(mounts.map((mount) => [mount.id, mount]));
  return mounts.flatMap((mount) => {
    if (!isServed(mount) || !isInKernelFiles(mount, byId)) return [];
    const over = mountOver(mounts, mount);
    if (over !== undefined && isServed(over)) return [];
    const below = layersBelow(mount, byId);
    return [{ target: mount.mountPoint, layers: [mount, ...below] as const }];
  });
}

function layersBelow(top: MountLine, byId: ReadonlyMap<number, MountLine>): MountLine[] {
  const layers: MountLine[] = [];
  let below = byId.get(top.parentId);
  while (below !== undefined && isServed(below) && below.mountPoint === top.mountPoint) {
    layers.push(below);
    below = byId.get(below.parentId);
  }
  return layers;
}

/** The nearest mount below that is not one of ours: a file may be mounted in a mounted directory. */
function isInKernelFiles(mount: MountLine, byId: ReadonlyMap<number, MountLine>): boolean {
  let below = byId.get(mount.parentId);
  while (below !== undefined && isServed(below)) below = byId.get(below.parentId);
  return below?.type === 'proc' || below?.type === 'sysfs';
}

/**
 * A mount inside of a mounted directory that would go with it, and may be there to hide something
 * (a runtime's masked paths); files that LXCFS or nsproc serve are in the live directory too.
 */
export function foreignMountIn(
  mounts: readonly MountLine[],
  { target }: ServedPlace,
): MountLine | undefined {
  return mountsInside(mounts, target).find((mount) => !isServed(mount));
}

/**
 * The path, below a live mount point, of the file that a mount showed; `undefined` when it showed
 * nothing of which there is another.
 */
export function replacementOf({ root, mountPoint, type }: MountLine): string | undefined {
  if (/^\/(proc|sys)(\/|$)/.test(root)) return root.slice(1);
  // nsproc's pressure files are a file system of their own, mounted in its tree.
  const pressurePath = root === '/' ? '/proc/pressure' : `/proc/pressure${root}`;
  const isPressure = type === 'fuse.nsproc' && mountPoint.endsWith(pressurePath);
  return isPressure ? pressurePath.slice(1) : undefined;
}

/** MOUNT_ATTR_RDONLY, _NOSUID, _NODEV and _NOEXEC of linux/mount.h. */
const flagBits: Readonly<Record<string, number>> = { ro: 1, nosuid: 2, nodev: 4, noexec: 8 };

export function flagBitsOf({ options }: MountLine): number {
  return options.reduce((bits, option) => bits | (flagBits[option] ?? 0), 0);
}
