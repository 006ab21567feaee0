// /dev/fuse: blocking reads of requests, writes of answers.

import * as libc from './libc.ts';
import { EAGAIN, EINTR, EINVAL, ENODEV, ENOENT, EPERM, SystemError } from './system-error.ts';

const O_RDWR = 2;
const O_NONBLOCK = 0o4000;
const O_CLOEXEC = 0o2000000;
const devicePath = '/dev/fuse';

/** struct fuse_out_header of a notification: its length, its code, no request. */
const FUSE_NOTIFY_RESEND = 7;
const resendNotification = Buffer.alloc(16);
resendNotification.writeUInt32LE(16, 0);
resendNotification.writeInt32LE(FUSE_NOTIFY_RESEND, 4);

/** Opens /dev/fuse: a new connection, which mountFuse() attaches to a mount. */
export function openFuseDevice(): number {
  return opened(O_RDWR | O_CLOEXEC);
}

/** The same for a thread that waits for other things beside requests: see takeFuseRequest(). */
export function openNonBlockingFuseDevice(): number {
  return opened(O_RDWR | O_CLOEXEC | O_NONBLOCK);
}

const noMessage = Buffer.alloc(1);

/**
 * Whether it was ever mounted, by whichever process: before that, nothing can be written to it
 * (EPERM); afterwards the kernel looks at what is written, and refuses this.
 */
export function wasMounted(fd: number): boolean {
  return libc.write(fd, noMessage, noMessage.length) >= 0 || libc.lastErrno() !== EPERM;
}

function opened(flags: number): number {
  return libc.checked(`open ${devicePath}`, () => libc.open(devicePath, flags, 0));
}

/**
 * Errors of read(2) after which the next read may succeed: a signal, nothing
 * there, or a request that was interrupted before it was taken (ENOENT).
 */
const retryErrnos: ReadonlySet<number> = new Set([EINTR, EAGAIN, ENOENT]);

/**
 * Blocks until a request is there; returns its length, or 0 when the file
 * system was unmounted or its connection aborted (ENODEV).
 *
 * Preconditions: `into` holds at least max(8192, max_write + 4096) bytes, or the kernel
 * answers EINVAL.
 */
export function readFuseRequest(fd: number, into: Buffer): number {
  for (;;) {
    const length = takeFuseRequest(fd, into);
    if (length !== undefined) return length;
  }
}

/** The same once, for a device that does not block; `undefined` when no request is there. */
export function takeFuseRequest(fd: number, into: Buffer): number | undefined {
  const length = libc.read(fd, into, into.length);
  if (length >= 0) return length;
  const errno = libc.lastErrno();
  if (errno === ENODEV) return 0;
  if (retryErrnos.has(errno)) return undefined;
  throw new SystemError(`read ${devicePath}`, errno);
}

/**
 * Makes the kernel send again every request that was taken and not answered (FUSE_NOTIFY_RESEND).
 * Preconditions: nobody is at a request. @returns false on kernels before 6.9.
 */
export function resendFuseRequests(fd: number): boolean {
  if (libc.write(fd, resendNotification, resendNotification.length) >= 0) return true;
  const errno = libc.lastErrno();
  if (errno === EINVAL || errno === ENODEV) return false;
  throw new SystemError(`write ${devicePath}`, errno);
}

/**
 * Sends an answer. One whose request is no longer there (ENOENT: answered, interrupted,
 * or aborted) is dropped.
 *
 * @returns whether anybody got it.
 *
 * @throws SystemError `EINVAL` when the kernel refuses the answer's form.
 */
export function writeFuseReply(fd: number, reply: Buffer, length: number): boolean {
  for (;;) {
    if (libc.write(fd, reply, length) >= 0) return true;
    const errno = libc.lastErrno();
    if (errno === ENOENT || errno === ENODEV) return false;
    if (errno !== EINTR) throw new SystemError(`write ${devicePath}`, errno);
  }
}
