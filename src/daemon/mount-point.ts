// Claiming the mount point: made if it is missing, freed of a dead mount of an
// earlier run, refused when it is somebody else's.

import {
  detachMount,
  makeDirectory,
  nsprocMountType,
  readMountState,
  readMountsAt,
} from '../kernel/mounts.ts';
import type { Log } from './log.ts';

/** A reason not to start that the person at the command line can do something about. */
export class StartError extends Error {
  override readonly name = 'StartError';
}

/**
 * Makes sure that nothing is mounted on `directory` and that it exists.
 *
 * @throws StartError when a living nsproc, or another file system, is mounted there.
 */
export function claimMountPoint(directory: string, log: Log): void {
  for (let mounts = readMountsAt(directory); ; mounts = readMountsAt(directory)) {
    const top = mounts.at(-1);
    if (top === undefined) break;
    if (top.type !== nsprocMountType) {
      throw new StartError(
        `Cannot mount at ${directory}: ${top.type} (${top.source}) is mounted there. ` +
          `Unmount it or choose another directory with --mount-point.`,
      );
    }
    const state = readMountState(directory);
    if (state !== 'dead') {
      throw new StartError(
        `Cannot mount at ${directory}: a running nsproc ` +
          `${state === 'hung' ? 'that does not answer holds it' : 'serves it'}. ` +
          `Stop that one first or choose another directory with --mount-point.`,
      );
    }
    detachMount(directory);
    if (readMountsAt(directory).length >= mounts.length) {
      throw new StartError(
        `Cannot mount at ${directory}: the dead mount of an earlier run cannot be removed. ` +
          `Unmount it or choose another directory with --mount-point.`,
      );
    }
    log.warn({ mountPoint: directory }, 'removed the dead mount of an earlier run');
  }
  try {
    makeDirectory(directory);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new StartError(
      `Cannot make the mount point ${directory}: ${reason}. ` +
        `Choose a directory with --mount-point.`,
    );
  }
}
