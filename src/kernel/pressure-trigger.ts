// Triggers of pressure stall information (Documentation/accounting/psi.rst): a pressure file
// that was written to, whose fd has POLLPRI when tasks have stalled for so long.

import { close } from 'node:fs';
import * as libc from './libc.ts';
import { isOutOfFds } from './out-of-fds.ts';
import { SystemError } from './system-error.ts';

const O_RDWR = 2;
const O_CLOEXEC = 0o2000000;

export type OpenedTrigger = { readonly fd: number } | { readonly errno: number };

/**
 * Opens a pressure file and writes the trigger to it; the kernel's errno when it refuses. Throws
 * SystemError when there is no fd left.
 */
export function openPressureTrigger(path: string, text: string): OpenedTrigger {
  const fd = libc.open(path, O_RDWR | O_CLOEXEC, 0);
  if (fd < 0) return refusalOf(path, libc.lastErrno());
  const bytes = Buffer.from(text, 'latin1');
  if (libc.write(fd, bytes, bytes.length) >= 0) return { fd };
  const errno = libc.lastErrno();
  libc.close(fd);
  return { errno };
}

function refusalOf(path: string, errno: number): OpenedTrigger {
  const error = new SystemError(`open ${path}`, errno);
  if (isOutOfFds(error)) throw error;
  return { errno };
}

/**
 * Closes an fd on a thread of libuv's: the kernel waits some 10 ms for other CPUs
 * (synchronize_rcu() in psi_trigger_destroy()) before close(2) of a trigger returns. Negative: there
 * is nothing to close.
 */
export function closeInBackground(fd: number, done: () => void): void {
  if (fd < 0) done();
  else close(fd, done);
}
