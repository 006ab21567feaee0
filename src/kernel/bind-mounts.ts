// Where a file system is mounted beside its own mount point, whole or in parts.

import { readTextFile } from './kept-file.ts';
import { listDirectory } from './list-directory.ts';
import { parseMountinfo } from './mountinfo.ts';
import { readNamespaceLink } from './process.ts';

/** PID_MAX_LIMIT. */
const mostProcesses = 4 * 1024 * 1024;

/** A file system, and where it was mounted first. */
export interface MountedDevice {
  readonly device: string;
  readonly directory: string;
}

/**
 * How many mounts in a text of proc_pid_mountinfo(5) show the file system, or a part of it. The
 * whole of it at its own place is not counted: mount namespaces that are copied have that too,
 * perhaps below a directory of theirs. native/keeper-mounts.h has the same rule.
 */
export function countUsesIn(mountinfo: string, { device, directory }: MountedDevice): number {
  const own = Buffer.from(directory).toString('latin1');
  return parseMountinfo(mountinfo).filter(
    (mount) => mount.device === device && !(mount.root === '/' && mount.mountPoint.endsWith(own)),
  ).length;
}

/** The same in all mount namespaces that have a process. It reads much: for the end, not for each read. */
export function countBindMounts(mounted: MountedDevice): number {
  const seen = new Set<string>();
  let count = 0;
  for (const name of listDirectory('/proc', mostProcesses)) {
    if (!/^\d+$/.test(name)) continue;
    const link = readNamespaceLink(`/proc/${name}`, 'mnt');
    if (link === undefined || seen.has(link)) continue;
    seen.add(link);
    count += countUsesIn(mountinfoOf(name), mounted);
  }
  return count;
}

/** A process that ends meanwhile has none (EINVAL). */
function mountinfoOf(pid: string): string {
  try {
    return readTextFile(`/proc/${pid}/mountinfo`) ?? '';
  } catch {
    return '';
  }
}
