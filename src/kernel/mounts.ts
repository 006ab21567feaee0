// Mounting and unmounting, and what is mounted where.

import { existsSync } from 'node:fs';
import { readLinkText, readTextFile } from './kept-file.ts';
import * as libc from './libc.ts';
import { makeDirectories } from './made-directories.ts';
import { runProgram } from './run-program.ts';
import { EBUSY, EINVAL, ENOENT } from './system-error.ts';

const MS_RDONLY = 1;
const MS_NOSUID = 2;
const MS_NODEV = 4;
const MS_NOEXEC = 8;
const MNT_FORCE = 1;
const MNT_DETACH = 2;
const O_RDWR = 2;
const O_PATH = 0o10000000;
const O_CLOEXEC = 0o2000000;

/** The type that mount(8) shows: FUSE with a subtype. */
export const nsprocMountType = 'fuse.nsproc';

/**
 * Attaches a FUSE connection to a directory, read-only, nosuid, nodev, noexec.
 * `default_permissions` makes the kernel check the mode bits for every reader.
 */
export function mountFuse(fd: number, directory: string): void {
  attach(fd, directory, MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC);
}

/** The same, but writable. */
export function mountWritableFuse(fd: number, directory: string): void {
  attach(fd, directory, MS_NOSUID | MS_NODEV | MS_NOEXEC);
}

function attach(fd: number, directory: string, flags: number): void {
  const options = `fd=${fd},rootmode=40555,user_id=0,group_id=0,allow_other,default_permissions`;
  libc.checked(`mount nsproc at ${directory}`, () =>
    libc.mount('nsproc', directory, nsprocMountType, flags, options),
  );
}

/** Detaches the mount point; the file system lives on where it is bind-mounted or open. */
export function detachMount(directory: string): boolean {
  return unmounted(directory, MNT_DETACH);
}

/**
 * Aborts the FUSE connection (every use of it fails from here on) and detaches the mount
 * point. umount2(MNT_FORCE) reaches fuse_umount_begin even when it then says EBUSY.
 *
 * @returns false when files of this very mount were open.
 */
export function abortMount(directory: string): boolean {
  const wasIdle = unmounted(directory, MNT_FORCE);
  unmounted(directory, MNT_DETACH);
  return wasIdle;
}

function unmounted(directory: string, flags: number): boolean {
  if (libc.umount2(directory, flags) === 0) return true;
  const errno = libc.lastErrno();
  if (errno === EBUSY) return false;
  if (errno === EINVAL || errno === ENOENT) return true;
  return libc.checked(`unmount ${directory}`, () => libc.umount2(directory, flags)) === 0;
}

/** What is mounted on a directory, topmost last. */
export interface MountEntry {
  readonly type: string;
  readonly source: string;
  /** `MAJOR:MINOR` of the file system. */
  readonly device: string;
}

/** mountinfo writes blank, tab, newline and backslash as octal escapes. */
function escaped(path: string): string {
  return path.replace(
    /[ \t\n\\]/g,
    (char) => `\\${char.charCodeAt(0).toString(8).padStart(3, '0')}`,
  );
}

/** Parses proc_pid_mountinfo(5) for the mounts whose mount point is `directory`. */
export function parseMountsAt(mountinfo: string, directory: string): MountEntry[] {
  const mountPoint = escaped(directory);
  return mountinfo.split('\n').flatMap((line) => {
    const [mounted = '', superBlock = ''] = line.split(' - ');
    const [, , device = '', , at] = mounted.split(' ');
    if (at !== mountPoint) return [];
    const [type = '', source = ''] = superBlock.split(' ');
    return [{ type, source, device }];
  });
}

/**
 * The mounts on a directory, from this process's mount namespace. None when it does not exist.
 * The file system mounted there is asked nothing: it may be one that does not answer.
 */
export function readMountsAt(directory: string): MountEntry[] {
  const mountPoint = canonicalPath(directory);
  if (mountPoint === undefined) return [];
  return parseMountsAt(readTextFile('/proc/self/mountinfo') ?? '', mountPoint);
}

/** As mountinfo has it: without symbolic links, each byte one character. */
function canonicalPath(directory: string): string | undefined {
  const fd = libc.open(directory, O_PATH | O_CLOEXEC, 0);
  if (fd < 0) return undefined;
  try {
    return readLinkText(`/proc/self/fd/${fd}`);
  } finally {
    libc.close(fd);
  }
}

/** The directory without symbolic links, as given if it is not there; no file system is asked. */
export function realPathOf(directory: string): string {
  const path = canonicalPath(directory);
  return path === undefined ? directory : Buffer.from(path, 'latin1').toString();
}

/** Makes the directory and its parents where they are missing; throws when it is a file. */
export function makeDirectory(directory: string): void {
  makeDirectories(directory, 0o755);
}

/** `hung`: there is a server, but it does not answer (it is stopped, or stuck). */
export type MountState = 'alive' | 'dead' | 'hung';

const patienceMsec = 2000;
const deadComplaint = /Transport endpoint is not connected|Software caused connection abort/;

/**
 * Whether a FUSE mount has a server, asked with statfs(2), which the kernel never answers from its
 * cache. Another process asks: one that waits for a hung server can be killed, a
 * thread of this one could not.
 */
export function readMountState(directory: string): MountState {
  const program = ['/usr/bin/stat', '/bin/stat'].find((path) => existsSync(path));
  if (program === undefined) throw new Error('Cannot find stat(1): install coreutils');
  const stdinFd = libc.checked('open /dev/null', () =>
    libc.open('/dev/null', O_RDWR | O_CLOEXEC, 0),
  );
  try {
    const args = ['-f', '-c', '', '--', directory];
    const complaint = runProgram(program, { args, stdinFd, answerFd: 2, limitMsec: patienceMsec });
    if (complaint === undefined) return 'hung';
    return deadComplaint.test(complaint) ? 'dead' : 'alive';
  } finally {
    libc.close(stdinFd);
  }
}
