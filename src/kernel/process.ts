// Processes and threads as procfs and pidfds show them.

import { opendirSync } from 'node:fs';
import { readLinkText } from './kept-file.ts';
import * as libc from './libc.ts';
import { isOutOfFds } from './out-of-fds.ts';
import { isReadable } from './poll.ts';
import { EINVAL, ENOENT, ESRCH, SystemError } from './system-error.ts';

const O_RDONLY = 0;
const O_CLOEXEC = 0o2000000;

export type NamespaceKind = 'pid' | 'mnt' | 'user';

/**
 * The identity of a namespace, such as `pid:[4026531836]`. `threadDir` is the
 * thread's folder in procfs. `undefined` when the thread is gone; an exited,
 * unreaped one still tells its pid namespace but has no mount namespace.
 */
export function readNamespaceLink(threadDir: string, kind: NamespaceKind): string | undefined {
  return readLinkText(`${threadDir}/ns/${kind}`);
}

/** The inode number in the text of a namespace link. */
export function inodeOf(namespaceLink: string): number {
  return Number.parseInt(namespaceLink.slice(namespaceLink.indexOf('[') + 1), 10);
}

/** The same of a namespace that is open. */
export function readOpenNamespaceLink(fd: number): string | undefined {
  return readLinkText(`/proc/self/fd/${fd}`);
}

/** An fd of the thread's pid namespace, which the caller closes; `undefined` when it is gone. */
export function openPidNamespace(threadDir: string): number | undefined {
  const path = `${threadDir}/ns/pid`;
  const fd = libc.open(path, O_RDONLY | O_CLOEXEC, 0);
  if (fd >= 0) return fd;
  const errno = libc.lastErrno();
  if (errno === ENOENT || errno === ESRCH) return undefined;
  throw new SystemError(`open ${path}`, errno);
}

export function closeFd(fd: number): void {
  libc.close(fd);
}

/**
 * The procfs folders of a process's threads, the leader's own (`/proc/PID`) first.
 * One at a time: there may be very many, and one of the first two is wanted.
 */
export function* threadDirsOf(pid: number): Generator<string> {
  const leaderDir = `/proc/${pid}`;
  yield leaderDir;
  const tasks = `${leaderDir}/task`;
  let directory: ReturnType<typeof opendirSync>;
  try {
    directory = opendirSync(tasks);
  } catch (error) {
    if (isOutOfFds(error)) throw error;
    return;
  }
  try {
    for (let entry = directory.readSync(); entry !== null; entry = directory.readSync()) {
      yield `${tasks}/${entry.name}`;
    }
  } finally {
    directory.closeSync();
  }
}

/**
 * A process that is held by its pidfd: the number may be given to another
 * process later, the pidfd never means another one.
 */
export class Pidfd {
  readonly #fd: number;

  private constructor(fd: number) {
    this.#fd = fd;
  }

  /** `undefined` when there is no such process, or it is a thread that leads none. */
  static open(pid: number): Pidfd | undefined {
    const fd = libc.pidfdOpen(pid);
    if (fd >= 0) return new Pidfd(fd);
    const errno = libc.lastErrno();
    if (errno === ESRCH || errno === ENOENT || errno === EINVAL) return undefined;
    throw new SystemError(`open a pidfd of process ${pid}`, errno);
  }

  /**
   * Whether any thread of it runs. poll(2) knows that a zombie has ended and that
   * a process whose leader alone has exited has not; a signal 0 reaches both.
   */
  isRunning(): boolean {
    return !isReadable(this.#fd, 0);
  }

  close(): void {
    libc.close(this.#fd);
  }
}
