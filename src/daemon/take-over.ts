// A server takes over the connections of one that has ended, or died at any point of its work.

import { resendFuseRequests } from '../kernel/fuse-device.ts';
import type { Journal } from './journal.ts';

/**
 * The slots of requests that nobody answered, that the kernel does not send again, and that are in
 * no slot of the threads 1 to `threadCount`: each of those finds its own there. All of them stay in
 * the journal, so that they are not lost when this server dies before it comes to them.
 * Preconditions: nobody serves the connection.
 */
export function takeUnanswered(fuseFd: number, journal: Journal, threadCount: number): number[] {
  if (!resendFuseRequests(fuseFd)) {
    return journal.unanswered().filter((thread) => thread < 1 || thread > threadCount);
  }
  journal.forgetAll();
  return [];
}
