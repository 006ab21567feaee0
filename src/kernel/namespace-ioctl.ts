// ioctls on namespace fds that translate pids (linux/nsfs.h).

import * as libc from './libc.ts';
import { EINTR, ENOTTY, ESRCH, SystemError } from './system-error.ts';

/** _IO(0xb7, 0x5). Mainline's NS_GET_MNTNS_ID has the same 5 but is an _IOR of 8 bytes. */
const NS_GET_INIT_PID = 0xb705;
/** _IOR(0xb7, 0x7, int), though pid and answer are passed by value. */
const NS_GET_TGID_FROM_PIDNS = 0x8004b707;

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
