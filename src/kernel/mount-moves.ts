// What move_mount(2) of this kernel can do, found out without moving anything.

import * as libc from './libc.ts';
import { EBADF, EINVAL, ENOSYS } from './system-error.ts';

const FROM_EMPTY_PATH = 0x4;
const TO_EMPTY_PATH = 0x40;
/** MOVE_MOUNT_BENEATH, Linux 6.5. */
const BENEATH = 0x200;
const noFd = -1;

/**
 * Where a mount can be put that is open: nowhere before Linux 5.2, then on top of another one, and
 * since 6.5 beneath it as well. `undefined` without the right to mount.
 */
export function readMountMoves(): 'none' | 'on top' | 'beneath' | undefined {
  // The kernel looks at the flags before it looks at the fds.
  if (libc.moveMount(noFd, noFd, FROM_EMPTY_PATH | TO_EMPTY_PATH | BENEATH) >= 0) return undefined;
  switch (libc.lastErrno()) {
    case ENOSYS:
      return 'none';
    case EINVAL:
      return 'on top';
    case EBADF:
      return 'beneath';
    default:
      return undefined;
  }
}
