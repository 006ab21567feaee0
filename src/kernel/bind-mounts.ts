// Where parts of a file system are mounted beside its own mount point.

import { readTextFile } from './kept-file.ts';
import { listDirectory } from './list-directory.ts';
import { readNamespaceLink } from './process.ts';

/** PID_MAX_LIMIT. */
const mostProcesses = 4 * 1024 * 1024;

/**
 * How many mounts in a text of proc_pid_mountinfo(5) show a part of the file system `device`.
 * Mounts of all of it are not counted: mount namespaces that are copied have those too.
 */
export function countPartsMounted(mountinfo: string, device: string): number {
  return mountinfo.split('\n').filter((line) => {
    const [, , lineDevice, root] = line.split(' ');
    return lineDevice === device && root !== '/';
  }).length;
}

/** The same in all mount namespaces that have a process. It reads much: for the end, not for each read. */
export function countBindMounts(device: string): number {
  const seen = new Set<string>();
  let count = 0;
  for (const name of listDirectory('/proc', mostProcesses)) {
    if (!/^\d+$/.test(name)) continue;
    const link = readNamespaceLink(`/proc/${name}`, 'mnt');
    if (link === undefined || seen.has(link)) continue;
    seen.add(link);
    count += countPartsMounted(mountinfoOf(name), device);
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
