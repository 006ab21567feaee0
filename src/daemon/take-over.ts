// A server takes over the connections of one that has ended, or died at any point of its work.

import { decodeInHeader } from '../fuse/protocol/request.ts';
import { clock } from '../kernel/clock.ts';
import { resendFuseRequests } from '../kernel/fuse-device.ts';
import { inodeOf, readNamespaceLink } from '../kernel/process.ts';
import type { Journal } from './journal.ts';
import type { Poison } from './poison.ts';

/**
 * The requests that nobody answered and that the kernel does not send again, each in 8192 bytes.
 * Afterwards the journal is empty. Preconditions: nobody serves the connection.
 */
export function takeUnanswered(fuseFd: number, journal: Journal): Uint8Array[] {
  const threads = journal.unanswered();
  const requests = threads.map((thread) => Uint8Array.from(journal.requestOf(thread)));
  for (const thread of threads) journal.forget(thread);
  return resendFuseRequests(fuseFd) ? [] : requests;
}

/** A connection's journal, and its rows of the memory of deaths. */
export interface Blamed {
  readonly journal: Journal;
  readonly poison: Poison;
}

/** Notes what was at hand when a server died without having been asked to. */
export function blameUnanswered(connections: readonly Blamed[]): void {
  const pidnsInodes = new Set<number>();
  for (const { journal, poison } of connections) {
    for (const thread of journal.unanswered()) {
      poison.blame(journal.takenBy(thread));
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
