// The C library's system call wrappers, through koffi. Every call returns the
// C return value; on -1 the caller asks lastErrno() at once, before any other call.

import koffi from 'koffi';
import { EINTR, SystemError } from './system-error.ts';

const libc = koffi.load('libc.so.6');

export const open: (path: string, flags: number, mode: number) => number = libc.func(
  'int open(const char *path, int flags, uint32_t mode)',
);
export const close: (fd: number) => number = libc.func('int close(int fd)');
export const read: (fd: number, into: Uint8Array, length: number) => number = libc.func(
  'long read(int fd, void *into, size_t length)',
);
export const write: (fd: number, from: Uint8Array, length: number) => number = libc.func(
  'long write(int fd, const void *from, size_t length)',
);
export const pread: (fd: number, into: Uint8Array, length: number, offset: number) => number =
  libc.func('long pread(int fd, void *into, size_t length, int64_t offset)');
export const readlink: (path: string, into: Uint8Array, length: number) => number = libc.func(
  'long readlink(const char *path, void *into, size_t length)',
);
export const ioctl: (fd: number, request: number, argument: number) => number = libc.func(
  'int ioctl(int fd, unsigned long request, unsigned long argument)',
);
export const clockGettime: (clock: number, into: BigInt64Array) => number = libc.func(
  'int clock_gettime(int clock, void *into)',
);
export const mount: (
  source: string,
  target: string,
  type: string,
  flags: number,
  options: string | null,
) => number = libc.func(
  'int mount(const char *source, const char *target, const char *type, unsigned long flags, const char *options)',
);
export const umount2: (target: string, flags: number) => number = libc.func(
  'int umount2(const char *target, int flags)',
);

export const poll: (fds: Int32Array, count: number, timeoutMsec: number) => number = libc.func(
  'int poll(void *fds, unsigned long count, int timeout)',
);

export const epollCreate1: (flags: number) => number = libc.func('int epoll_create1(int flags)');
export const epollCtl: (
  epollFd: number,
  operation: number,
  fd: number,
  event: Int32Array | null,
) => number = libc.func('int epoll_ctl(int epfd, int operation, int fd, void *event)');
export const epollWait: (
  epollFd: number,
  events: Int32Array,
  count: number,
  timeoutMsec: number,
) => number = libc.func('int epoll_wait(int epfd, void *events, int count, int timeout)');

export const pipe2: (fds: Int32Array, flags: number) => number = libc.func(
  'int pipe2(void *fds, int flags)',
);
export const personality: (persona: number) => number = libc.func(
  'int personality(unsigned long persona)',
);
export const kill: (pid: number, signal: number) => number = libc.func(
  'int kill(int pid, int signal)',
);
export const waitpid: (pid: number, status: Int32Array, options: number) => number = libc.func(
  'int waitpid(int pid, void *status, int options)',
);

/** posix_spawn(3) and its own return an errno, 0 when all went well, and never -1. */
export const posixSpawn: (
  pid: Int32Array,
  path: string,
  fileActions: Uint8Array,
  attributes: null,
  argv: readonly (string | null)[],
  environment: readonly (string | null)[],
) => number = libc.func(
  'int posix_spawn(void *pid, const char *path, void *actions, void *attributes, const char **argv, const char **environment)',
);
export const spawnFileActionsInit: (fileActions: Uint8Array) => number = libc.func(
  'int posix_spawn_file_actions_init(void *actions)',
);
export const spawnFileActionsAddDup2: (
  fileActions: Uint8Array,
  from: number,
  to: number,
) => number = libc.func('int posix_spawn_file_actions_adddup2(void *actions, int from, int to)');
export const spawnFileActionsDestroy: (fileActions: Uint8Array) => number = libc.func(
  'int posix_spawn_file_actions_destroy(void *actions)',
);

export const memfdCreate: (name: string, flags: number) => number = libc.func(
  'int memfd_create(const char *name, unsigned int flags)',
);
export const lseek: (fd: number, offset: number, whence: number) => number = libc.func(
  'int64_t lseek(int fd, int64_t offset, int whence)',
);
export const ftruncate: (fd: number, length: number) => number = libc.func(
  'int ftruncate(int fd, int64_t length)',
);
export const fallocate: (fd: number, mode: number, offset: number, length: number) => number =
  libc.func('int fallocate(int fd, int mode, int64_t offset, int64_t length)');
export const mmap: (
  address: null,
  length: number,
  protection: number,
  flags: number,
  fd: number,
  offset: number,
) => bigint = libc.func(
  'void *mmap(void *address, size_t length, int protection, int flags, int fd, int64_t offset)',
);
export const fcntl: (fd: number, command: number, argument: number) => number = libc.func(
  'int fcntl(int fd, int command, long argument)',
);
export const flock: (fd: number, operation: number) => number = libc.func(
  'int flock(int fd, int operation)',
);
export const execve: (
  path: string,
  argv: readonly (string | null)[],
  environment: readonly (string | null)[],
) => number = libc.func(
  'int execve(const char *path, const char **argv, const char **environment)',
);

const SYS_pidfd_open = 434;
const syscallPidfdOpen: (number: number, pid: number, flags: number) => number = libc.func(
  'long syscall(long number, long pid, unsigned long flags)',
);
/** pidfd_open(2), Linux >= 5.3. */
export function pidfdOpen(pid: number): number {
  return syscallPidfdOpen(SYS_pidfd_open, pid, 0);
}

const SYS_move_mount = 429;
const syscallMoveMount: (
  number: number,
  fromFd: number,
  from: string,
  toFd: number,
  to: string,
  flags: number,
) => number = libc.func(
  'long syscall(long number, long from_fd, const char *from, long to_fd, const char *to, unsigned long flags)',
);
/** move_mount(2), Linux >= 5.2, of a mount that is open to a place that is. */
export function moveMount(fromFd: number, toFd: number, flags: number): number {
  return syscallMoveMount(SYS_move_mount, fromFd, '', toFd, '', flags);
}

/** The errno of the call that just returned -1 on this thread. */
export function lastErrno(): number {
  return koffi.errno();
}

/** Runs a system call until it is not interrupted; throws SystemError when it fails. */
export function checked(operation: string, call: () => number): number {
  for (;;) {
    const result = call();
    if (result >= 0) return result;
    const errno = lastErrno();
    if (errno !== EINTR) throw new SystemError(operation, errno);
  }
}
