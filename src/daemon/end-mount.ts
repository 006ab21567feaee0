// The end of a mount: what was asked is answered, then its connection is aborted.
//
// Unmounting alone would not end it: umount(2) succeeds while containers have files of the
// mount bind-mounted, and these keep the connection, and its threads, as long as they live.

import { setTimeout as sleep } from 'node:timers/promises';
import { countBindMounts } from '../kernel/bind-mounts.ts';
import { abortMount, nsprocMountType, readMountsAt } from '../kernel/mounts.ts';
import type { Journal } from './journal.ts';
import type { Log } from './log.ts';
import { endNow } from './process-end.ts';

/** Requests take microseconds; one that takes longer than this is not waited for. */
const drainMsec = 1000;
const pollMsec = 5;

/** A file system, which need not be what is seen at its directory. */
export interface OwnMount {
  /** Without symbolic links. */
  readonly directory: string;
  /** `undefined` when it is not known, or not mounted. */
  readonly device: string | undefined;
}

/** The device of what of ours is mounted at the directory. */
export function deviceAt(directory: string): string | undefined {
  return readMountsAt(directory).findLast(({ type }) => type === nsprocMountType)?.device;
}

/** How many mounts, in containers most likely, show it or parts of it. */
export function countUses({ device, directory }: OwnMount): number {
  return device === undefined ? 0 : countBindMounts({ device, directory });
}

/** What there is to answer before the end. */
export type Unanswered = Pick<Journal, 'unanswered'>;

/**
 * @returns true when nobody had files of this very mount open; who had gets ENOTCONN from here on.
 * `undefined` when it is out of reach: it then ends with the last process that has its connection.
 */
export async function endMount(
  { directory, device }: OwnMount,
  journal: Unanswered,
): Promise<boolean | undefined> {
  const deadline = performance.now() + drainMsec;
  while (journal.unanswered().length > 0 && performance.now() < deadline) await sleep(pollMsec);
  // Somebody else's, which hides it, stays.
  if (readMountsAt(directory).at(-1)?.device !== device) return undefined;
  return abortMount(directory);
}

/** Somebody else may just have ended the connection. */
const endingMsec = 500;

/**
 * Waits for the connection's end; ends this process if its mount is out of reach and it goes on:
 * nothing else would end it.
 */
export async function endedOrEnd(
  ended: Promise<void>,
  wasIdle: boolean | undefined,
): Promise<void> {
  if (wasIdle !== undefined) return ended;
  const isOver = await Promise.race([ended.then(() => true), sleep(endingMsec, false)]);
  if (!isOver) endNow();
}

/** Says how the connection was when it ended. */
export function logEnd(log: Log, wasIdle: boolean, fields: object): void {
  if (wasIdle) log.info(fields, 'unmounted');
  else {
    log.warn(
      fields,
      'still in use; containers that have its files mounted must be restarted to get them again',
    );
  }
}
