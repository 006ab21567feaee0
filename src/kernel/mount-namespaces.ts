// The mount namespaces that processes are in, and fds of one of them.

import { readLinkText, readTextFile } from './kept-file.ts';
import * as libc from './libc.ts';
import { listDirectory } from './list-directory.ts';
import { type MountLine, parseMountinfo } from './mountinfo.ts';
import { readNamespaceLink } from './process.ts';
import { ENOENT, ESRCH, SystemError } from './system-error.ts';

const O_PATH = 0o10000000;
const O_CLOEXEC = 0o2000000;

/** PID_MAX_LIMIT. */
const mostProcesses = 4 * 1024 * 1024;

/**
 * A mount namespace as it is seen from one root directory in it; mountinfo has other paths, and
 * other mounts, from another one.
 */
export interface MountPlace {
  /** The first process that was found there; one in a pid namespace of the container's, if any is. */
  readonly pid: number;
  /** Such as `mnt:[4026531841]`. */
  readonly namespaceLink: string;
}

/** Each once, without this process's own namespace. It reads much: for commands, not for each read. */
export function listMountPlaces(): MountPlace[] {
  const own = readNamespaceLink('/proc/self', 'mnt');
  const found = new Map<string, MountPlace & { readonly isOutside: boolean }>();
  for (const name of listDirectory('/proc', mostProcesses)) {
    const processDir = `/proc/${name}`;
    const namespaceLink = /^\d+$/.test(name) ? readNamespaceLink(processDir, 'mnt') : undefined;
    if (namespaceLink === undefined || namespaceLink === own) continue;
    const key = `${namespaceLink} ${readRootLink(processDir)}`;
    if (found.get(key)?.isOutside === false) continue;
    const isOutside = isInOwnPidNamespace(processDir);
    if (isOutside && found.has(key)) continue;
    found.set(key, { pid: Number(name), namespaceLink, isOutside });
  }
  return [...found.values()];
}

/** As those who started a container are, who may be in its mount namespace. */
function isInOwnPidNamespace(processDir: string): boolean {
  return readNamespaceLink(processDir, 'pid') === readNamespaceLink('/proc/self', 'pid');
}

/** `undefined` for a process that has ended, and a directory that is unreachable. */
function readRootLink(processDir: string): string | undefined {
  try {
    return readLinkText(`${processDir}/root`);
  } catch {
    return undefined;
  }
}

/** What a program needs to work in a place; the fds stay with the place whatever its process does. */
export interface OpenPlace {
  readonly namespaceFd: number;
  readonly rootFd: number;
  /** The name of the process (comm), which it can set to anything. */
  readonly command: string;
  close(): void;
}

/** `undefined` when the process has ended or is in another namespace. */
export function openMountPlace({ pid, namespaceLink }: MountPlace): OpenPlace | undefined {
  // Means this process for ever, where its number may mean another one at the next look.
  const processFd = openOrGone(`/proc/${pid}`, O_PATH | O_CLOEXEC);
  if (processFd === undefined) return undefined;
  const processDir = `/proc/self/fd/${processFd}`;
  const fds = [processFd];
  const close = () => {
    for (const fd of fds) libc.close(fd);
  };
  const opened = (path: string, flags: number): number | undefined => {
    const fd = openOrGone(`${processDir}/${path}`, flags);
    if (fd !== undefined) fds.push(fd);
    return fd;
  };
  const namespaceFd = opened('ns/mnt', O_CLOEXEC);
  const rootFd = opened('root', O_PATH | O_CLOEXEC);
  const isThere = readNamespaceLink(processDir, 'mnt') === namespaceLink;
  if (namespaceFd === undefined || rootFd === undefined || !isThere) {
    close();
    return undefined;
  }
  const command = (readTextFile(`${processDir}/comm`) ?? '').trimEnd();
  return { namespaceFd, rootFd, command, close };
}

/** None when the process has ended, or is elsewhere. */
export function readMountsOf({ pid, namespaceLink }: MountPlace): MountLine[] {
  const mountinfo = readMountinfo(`/proc/${pid}`);
  const isThere = readNamespaceLink(`/proc/${pid}`, 'mnt') === namespaceLink;
  return isThere ? parseMountinfo(mountinfo) : [];
}

/** This process's own. */
export function ownMountPlace(): MountPlace {
  return { pid: process.pid, namespaceLink: readNamespaceLink('/proc/self', 'mnt') ?? '' };
}

/** A process that ends meanwhile has none (EINVAL). */
function readMountinfo(processDir: string): string {
  try {
    return readTextFile(`${processDir}/mountinfo`) ?? '';
  } catch {
    return '';
  }
}

function openOrGone(path: string, flags: number): number | undefined {
  const fd = libc.open(path, flags, 0);
  if (fd >= 0) return fd;
  const errno = libc.lastErrno();
  if (errno === ENOENT || errno === ESRCH) return undefined;
  throw new SystemError(`open ${path}`, errno);
}

/** A directory as a place, which the caller closes; nothing is asked of a file system there. */
export function openDirectoryPath(directory: string): number {
  return libc.checked(`open ${directory}`, () => libc.open(directory, O_PATH | O_CLOEXEC, 0));
}
