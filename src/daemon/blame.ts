// Whose fault it may be that a thread or a server died: notes which requests were at hand, and which
// containers they are of.

import { decodeInHeader } from '../fuse/protocol/request.ts';
import { clock } from '../kernel/clock.ts';
import { inodeOf, readNamespaceLink } from '../kernel/process.ts';
import type { Journal } from './journal.ts';
import type { Log } from './log.ts';
import type { Poison } from './poison.ts';

/** A connection's journal, and its rows of the memory of deaths. */
export interface Blamed {
  readonly journal: Journal;
  readonly poison: Poison;
}

/** Of a thread that died while its server lives. @returns whether it was at a request. */
export function blameThread({ journal, poison, log }: Blamed & { log: Log }, thread: number) {
  const unique = journal.takenBy(thread);
  if (unique === 0n) return false;
  const isPoison = poison.blame(unique);
  const quarantined = isPoison ? chargeReaders(poison, [journal.requestOf(thread)]) : [];
  for (const pidnsInode of quarantined) {
    log.error({ pidnsInode }, "a container's requests kept killing: it gets the host's files");
  }
  return true;
}

/** Of a server that died without having been asked to. */
export function blameUnanswered(connections: readonly Blamed[]): void {
  const poisonous: Buffer[] = [];
  let turn = 0;
  for (const { journal, poison } of connections) {
    // One that was on its way from slot to slot is in both.
    const threads = new Map(journal.unanswered().map((one) => [journal.takenBy(one), one]));
    for (const [unique, thread] of threads) {
      if (poison.blame(unique, turn++)) poisonous.push(journal.requestOf(thread));
    }
  }
  const [first] = connections;
  if (first !== undefined) chargeReaders(first.poison, poisonous);
}

/** Once for each container: what one death shows is one thing. @returns who is in quarantine by it. */
function chargeReaders({ quarantine }: Poison, requests: readonly Buffer[]): number[] {
  const inodes = new Set(requests.flatMap((request) => readerPidns(request) ?? []));
  const nowUsec = clock.boottimeUsec();
  return [...inodes].filter((inode) => quarantine.charge(inode, nowUsec));
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
