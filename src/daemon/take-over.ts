// A server takes over the connections of one that has ended, or died at any point of its work.

import { decodeInHeader } from '../fuse/protocol/request.ts';
import { clock } from '../kernel/clock.ts';
import { resendFuseRequests } from '../kernel/fuse-device.ts';
import { inodeOf, readNamespaceLink } from '../kernel/process.ts';
import type { Journal } from './journal.ts';
import type { Poison } from './poison.ts';

/**
 * The requests that nobody answered, that the kernel does not send again, and that are in no slot
 * of the threads 1 to `threadCount`: each of those finds its own there, which so is never lost.
 * Each has 8192 bytes. Preconditions: nobody serves the connection.
 */
export function takeUnanswered(
  fuseFd: number,
  journal: Journal,
  threadCount: number,
): Uint8Array[] {
  const isResent = resendFuseRequests(fuseFd);
  const threads = journal.unanswered();
  const taken = isResent ? threads : threads.filter((one) => one < 1 || one > threadCount);
  const requests = taken.map((thread) => Uint8Array.from(journal.requestOf(thread)));
  for (const thread of taken) journal.forget(thread);
  return isResent ? [] : requests;
}

/** A connection's journal, and its rows of the memory of deaths. */
export interface Blamed {
  readonly journal: Journal;
  readonly poison: Poison;
}

/** Notes what was at hand when a server died without having been asked to. */
export function blameUnanswered(connections: readonly Blamed[]): void {
  const pidnsInodes = new Set<number>();
  let turn = 0;
  for (const { journal, poison } of connections) {
    for (const thread of journal.unanswered()) {
      if (!poison.blame(journal.takenBy(thread), turn++)) continue;
      const inode = readerPidns(journal.requestOf(thread));
      if (inode !== undefined) pidnsInodes.add(inode);
    }
  }
  connections[0]?.poison.blameContainers(pidnsInodes, clock.boottimeUsec());
}

/** The reader still waits for its answer, unless it was killed. `undefined` for readers on the host. */
function readerPidns(request: Buffer): number | undefined {
  try {
    const { callerTid } = decodeInHeader(request, request.readUInt32LE(0));
    const link = callerTid > 0 ? readNamespaceLink(`/proc/${callerTid}`, 'pid') : undefined;
    const isHost = link === readNamespaceLink('/proc/self', 'pid');
    return link === undefined || isHost ? undefined : inodeOf(link);
  } catch {
    return undefined;
  }
}
