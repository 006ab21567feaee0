// A failed system call, with the errno the kernel gave.

import { constants } from 'node:os';

const codeByErrno = new Map<number, string>(
  Object.entries(constants.errno).map(([code, errno]) => [errno, code]),
);

export const {
  EACCES,
  EAGAIN,
  EBADF,
  EBUSY,
  ECANCELED,
  ECONNREFUSED,
  EEXIST,
  EINTR,
  EINVAL,
  EIO,
  ENODEV,
  ENOENT,
  ENOMEM,
  ENOSYS,
  ENOTDIR,
  ENOTTY,
  EOPNOTSUPP,
  EPERM,
  EPIPE,
  ESRCH,
  ETIMEDOUT,
} = constants.errno;

/** The symbolic name of an errno, such as `ENOENT`. */
export function errnoName(errno: number): string {
  return codeByErrno.get(errno) ?? `errno ${errno}`;
}

/** A system call failed. `errno` is positive, `code` its symbolic name. */
export class SystemError extends Error {
  override readonly name = 'SystemError';
  readonly errno: number;
  readonly code: string;

  constructor(operation: string, errno: number) {
    super(`Cannot ${operation}: ${errnoName(errno)}`);
    this.errno = errno;
    this.code = errnoName(errno);
  }
}
