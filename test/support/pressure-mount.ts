// The mount of /proc/pressure in a daemon's, which comes a moment after the rest.

import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { mountsBelow } from './mounts.ts';

const patienceMsec = 30_000;

export const hasPressure = existsSync('/proc/pressure/cpu');

/** At once on a kernel that keeps no pressure information. */
export async function waitForPressure(mountPoint: string): Promise<void> {
  const deadline = Date.now() + patienceMsec;
  while (hasPressure && mountsBelow(mountPoint).length < 2) {
    if (Date.now() > deadline) throw new Error(`No mount of pressure files in ${mountPoint}`);
    await sleep(50);
  }
}
