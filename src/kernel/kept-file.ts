// Kernel pseudo-files: opened once, read many times from offset 0 with pread(2).
//
// procfs, cgroupfs and sysfs make their text anew when offset 0 is read, so a
// kept fd is one system call per reading instead of three. A kept fd also stays
// bound to *its* process or cgroup: when that is gone, reading fails (ESRCH,
// ENODEV) instead of telling a successor's numbers.

import * as libc from './libc.ts';
import {
  EACCES,
  EINTR,
  ENODEV,
  ENOENT,
  ENOTDIR,
  EOPNOTSUPP,
  ESRCH,
  SystemError,
} from './system-error.ts';

const O_RDONLY = 0;
/** Linux's value on every architecture that Node runs on. */
const O_CLOEXEC = 0o2000000;

/** Scratch space of this thread; grows to the largest text read. */
let scratch: Buffer = Buffer.alloc(64 * 1024);

/** errnos that mean "no such process, cgroup or controller file (any more)". */
const goneErrnos: ReadonlySet<number> = new Set([ENOENT, ENOTDIR, ENODEV, ESRCH, EOPNOTSUPP]);

function openedOrUndefined(path: string): number | undefined {
  for (;;) {
    const fd = libc.open(path, O_RDONLY | O_CLOEXEC, 0);
    if (fd >= 0) return fd;
    const errno = libc.lastErrno();
    if (goneErrnos.has(errno)) return undefined;
    if (errno !== EINTR) throw new SystemError(`open ${path}`, errno);
  }
}

/** Reads at `offset` into scratch from `filled`; -1 when the file is gone. */
function readInto(fd: number, filled: number, path: string): number {
  for (;;) {
    const count = libc.pread(
      fd,
      filled === 0 ? scratch : scratch.subarray(filled),
      scratch.length - filled,
      filled,
    );
    if (count >= 0) return count;
    const errno = libc.lastErrno();
    if (goneErrnos.has(errno)) return -1;
    if (errno !== EINTR) throw new SystemError(`read ${path}`, errno);
  }
}

function grow(): void {
  const larger = Buffer.alloc(scratch.length * 2);
  scratch.copy(larger);
  scratch = larger;
}

/**
 * The whole text behind fd; `undefined` when what it described is gone.
 *
 * A file whose text is one seq_file record (single_open(): all the files of
 * cgroupfs that hold values, /proc/stat, /proc/meminfo) arrives in one read; a
 * list of records (cgroup.procs, /proc/mounts, /proc/swaps) may come in pieces and is
 * read on to its end.
 */
function textOf(fd: number, path: string, manyRecords: boolean): string | undefined {
  let filled = 0;
  for (;;) {
    const count = readInto(fd, filled, path);
    if (count < 0) return undefined;
    filled += count;
    if (filled === scratch.length) grow();
    else if (count === 0 || !manyRecords) return scratch.toString('latin1', 0, filled);
  }
}

/**
 * How long a setting counts as read just now. A process that reads a file in a
 * loop asks thousands of times a second for limits that somebody set; nobody
 * can set one and have a container look at it within this time.
 */
const settingTtlMsec = 1;

/** A pseudo-file that is kept open. Whoever opened it closes it. */
export class KeptFile {
  readonly path: string;
  readonly #manyRecords: boolean;
  #fd: number;
  #setting: string | undefined;
  #settingReadMsec = Number.NEGATIVE_INFINITY;

  private constructor(path: string, fd: number, manyRecords: boolean) {
    this.path = path;
    this.#fd = fd;
    this.#manyRecords = manyRecords;
  }

  /** Opens `path`; `undefined` when it does not exist. Throws SystemError on other errors. */
  static open(path: string, { manyRecords = false } = {}): KeptFile | undefined {
    const fd = openedOrUndefined(path);
    return fd === undefined ? undefined : new KeptFile(path, fd, manyRecords);
  }

  /** The text at this moment; `undefined` when the process, cgroup or controller is gone. */
  readText(): string | undefined {
    if (this.#fd < 0) return undefined;
    return textOf(this.#fd, this.path, this.#manyRecords);
  }

  /**
   * The same for a text that changes only when somebody sets it (a limit, a
   * process's cgroup), never for one that counts: at most a millisecond old.
   */
  readSetting(): string | undefined {
    const nowMsec = performance.now();
    if (nowMsec - this.#settingReadMsec < settingTtlMsec) return this.#setting;
    this.#setting = this.readText();
    this.#settingReadMsec = nowMsec;
    return this.#setting;
  }

  close(): void {
    if (this.#fd >= 0) libc.close(this.#fd);
    this.#fd = -1;
    this.#setting = undefined;
    this.#settingReadMsec = Number.NEGATIVE_INFINITY;
  }
}

/** Opens, reads to the end and closes; `undefined` when there is no such file. */
export function readTextFile(path: string, { manyRecords = true } = {}): string | undefined {
  const fd = openedOrUndefined(path);
  if (fd === undefined) return undefined;
  try {
    return textOf(fd, path, manyRecords);
  } finally {
    libc.close(fd);
  }
}

const linkTarget = Buffer.alloc(4096);

/**
 * The target of a symbolic link such as `/proc/TID/ns/pid`; `undefined` when it
 * is gone or may not be looked at.
 */
export function readLinkText(path: string): string | undefined {
  const length = libc.readlink(path, linkTarget, linkTarget.length);
  if (length >= 0) return linkTarget.toString('latin1', 0, length);
  const errno = libc.lastErrno();
  if (goneErrnos.has(errno) || errno === EACCES) return undefined;
  throw new SystemError(`read the link ${path}`, errno);
}
