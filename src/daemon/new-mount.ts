// A new connection to the kernel, and its mount: what a server does that takes none over.

import { openFuseDevice } from '../kernel/fuse-device.ts';
import { mountFuse } from '../kernel/mounts.ts';
import { treeConnection } from './connections.ts';
import type { Log } from './log.ts';
import { claimMountPoint } from './mount-point.ts';
import type { ServeOptions } from './serve-options.ts';
import { reasonOf } from './start-checks.ts';
import { StartError } from './start-error.ts';
import { whileStartingAlone } from './start-lock.ts';
import type { Supervisor } from './supervisor.ts';

/** A connection that is mounted nowhere. Throws StartError when there can be none. */
export function openConnection(): number {
  try {
    return openFuseDevice();
  } catch (error) {
    throw new StartError(`${reasonOf(error)}. Run "nsproc doctor" to see what is missing.`);
  }
}

/**
 * Mounts a connection. It is kept before: so there is no moment at which the server's end would be
 * noticed. Throws StartError when the mount point is not free.
 */
export function mountTree(
  fd: number,
  options: ServeOptions,
  supervisor: Supervisor,
  log: Log,
): void {
  const { mountPoint } = options;
  // Two that start at once would both find the mount point free.
  whileStartingAlone(() => {
    claimMountPoint(mountPoint, log);
    supervisor.keep(treeConnection, fd);
    try {
      mountFuse(fd, mountPoint);
    } catch (error) {
      supervisor.drop(treeConnection);
      throw new StartError(`${reasonOf(error)}. Run "nsproc doctor" to see what is missing.`);
    }
  });
}
