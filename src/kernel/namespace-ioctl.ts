// ioctls on namespace fds (linux/nsfs.h): they translate pids, and tell related namespaces.

import * as libc from './libc.ts';
import { EINTR, ENOTTY, EPERM, ESRCH, SystemError } from './system-error.ts';

/** _IO(0xb7, 0x5). Mainline's NS_GET_MNTNS_ID has the same 5 but is an _IOR of 8 bytes. */
const NS_GET_INIT_PID = 0xb705;
/** _IOR(0xb7, 0x7, int), though pid and answer are passed by value. */
const NS_GET_TGID_FROM_PIDNS = 0x8004b707;
/** _IO(0xb7, 0x1) and _IO(0xb7, 0x2): both answer with an fd. */
const NS_GET_USERNS = 0xb701;
const NS_GET_PARENT = 0xb702;

/** The answer; `undefined` when there is no such process or the kernel has no such ioctl. */
function translated(fd: number, request: number, argument: number): number | undefined {
  for (;;) {
    const pid = libc.ioctl(fd, request, argument);
    if (pid > 0) return pid;
    if (pid === 0) return undefined;
    const errno = libc.lastErrno();
    // Some kernels from 6.12 on say ENOTTY where others say ESRCH.
    if (errno === ESRCH || errno === ENOTTY) return undefined;
    if (errno !== EINTR) throw new SystemError('translate a pid of another namespace', errno);
  }
}

/** pid 1 of the namespace, as this process numbers it. */
export function nsGetInitPid(pidnsFd: number): number | undefined {
  return translated(pidnsFd, NS_GET_INIT_PID, 0);
}

/** The process that is number `pid` in the namespace, as this process numbers it. */
export function nsGetTgidFromPidns(pidnsFd: number, pid: number): number | undefined {
  return translated(pidnsFd, NS_GET_TGID_FROM_PIDNS, pid);
}

/** An fd, which the caller closes; `undefined` when that namespace is outside of this process's. */
function related(fd: number, request: number): number | undefined {
  for (;;) {
    const found = libc.ioctl(fd, request, 0);
    if (found >= 0) return found;
    const errno = libc.lastErrno();
    if (errno === EPERM) return undefined;
    if (errno !== EINTR) throw new SystemError('open a related namespace', errno);
  }
}

/** The namespace that this pid namespace was made in. */
export function openParentNamespace(pidnsFd: number): number | undefined {
  return related(pidnsFd, NS_GET_PARENT);
}

/** The user namespace whose rights made this namespace, and rule over it. */
export function openOwningUserNamespace(fd: number): number | undefined {
  return related(fd, NS_GET_USERNS);
}
