// Claiming the mount point: made if it is missing, freed of a dead mount of an
// earlier run, refused when it is somebody else's.

import {
  detachMount,
  type MountEntry,
  makeDirectory,
  nsprocMountType,
  readMountState,
  readMountsAt,
} from '../kernel/mounts.ts';
import type { Log } from './log.ts';
import { StartError } from './start-error.ts';

function refusal(directory: string, why: string, what: string): StartError {
  const choose = 'or choose another directory with --mount-point.';
  return new StartError(`Cannot mount at ${directory}: ${why}. ${what} ${choose}`);
}

/** Throws StartError unless the topmost mount is what an nsproc that has ended left behind. */
function requireDead({ type, source }: MountEntry, directory: string): void {
  if (type !== nsprocMountType) {
    throw refusal(directory, `${type} (${source}) is mounted there`, 'Unmount it');
  }
  const state = readMountState(directory);
  if (state === 'alive') {
    throw refusal(directory, 'a running nsproc serves it', 'Stop that one first');
  }
  if (state === 'hung') {
    const why = 'a running nsproc that does not answer holds it';
    throw refusal(directory, why, 'End that one first (SIGKILL)');
  }
}

/** Takes away a mount whose connection was aborted; false when it has been unmounted. */
export function removeDeadMount(directory: string): boolean {
  const isThere = readMountsAt(directory).at(-1)?.type === nsprocMountType;
  if (!isThere || readMountState(directory) !== 'dead') return false;
  detachMount(directory);
  return true;
}

/**
 * Makes sure that nothing is mounted on `directory` and that it exists.
 *
 * @throws StartError when a living nsproc, or another file system, is mounted there.
 */
export function claimMountPoint(directory: string, log: Log): void {
  let mounts = readMountsAt(directory);
  for (let top = mounts.at(-1); top !== undefined; top = mounts.at(-1)) {
    requireDead(top, directory);
    detachMount(directory);
    const left = readMountsAt(directory);
    if (left.length >= mounts.length) {
      const why = 'the dead mount of an earlier run cannot be removed';
      throw refusal(directory, why, 'Unmount it');
    }
    mounts = left;
    log.warn(
      { mountPoint: directory },
      'removed the dead mount of an earlier run; "nsproc heal" helps containers that still have it',
    );
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
