// The loop of a serving thread: take a request, answer it, for ever.

import { maxWriteBytes, type Session } from '../fuse/session.ts';
import type { Channel } from './channel.ts';

/** The kernel refuses buffers below max(8192, max_write + 4096). */
const requestBytes = Math.max(8192, maxWriteBytes + 4096);
/** A READ asks for at most 32 pages without FUSE_MAX_PAGES; the header comes on top. */
const replyBytes = 32 * 4096 + 16;

/** Where the request a thread has taken and not yet answered is on record. */
export interface InFlight {
  begin(unique: bigint): void;
  end(): void;
}

/** Bytes 8 to 15 of every request. */
const uniqueOffset = 8;

/** Serves until the connection ends. */
export function serve(channel: Channel, session: Session, inFlight: InFlight): void {
  const request = Buffer.alloc(requestBytes);
  const reply = Buffer.alloc(replyBytes);
  for (;;) {
    const length = channel.receive(request);
    if (length === 0) return;
    inFlight.begin(request.readBigUInt64LE(uniqueOffset));
    const replyLength = session.answer(request, length, reply);
    if (replyLength > 0) channel.send(reply, replyLength);
    inFlight.end();
  }
}
