// The end of a mount: what was asked is answered, then its connection is aborted.
//
// Unmounting alone would not end it: umount(2) succeeds while containers have files of the
// mount bind-mounted, and these keep the connection, and its threads, as long as they live.

import { setTimeout as sleep } from 'node:timers/promises';
import { countBindMounts } from '../kernel/bind-mounts.ts';
import { abortMount, readMountsAt } from '../kernel/mounts.ts';
import type { ControlBlock } from './control-block.ts';

/** Requests take microseconds; one that takes longer than this is not waited for. */
const drainMsec = 1000;
const pollMsec = 5;

/** @returns true when nobody had files of it open or mounted; who had gets ENOTCONN from here on. */
export async function endMount(directory: string, control: ControlBlock): Promise<boolean> {
  const { device = '' } = readMountsAt(directory).at(-1) ?? {};
  const bindMounts = countBindMounts(device);
  const deadline = performance.now() + drainMsec;
  while (!control.isIdle() && performance.now() < deadline) await sleep(pollMsec);
  return abortMount(directory) && bindMounts === 0;
}
