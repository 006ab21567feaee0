// The loop of a serving thread: take a request, answer it, for ever.

import type { Asked } from '../fuse/session.ts';
import type { Channel } from './channel.ts';

/** A READ asks for at most 32 pages without FUSE_MAX_PAGES; the header comes on top. */
const replyBytes = 32 * 4096 + 16;

/** Where a thread has the request that it is at. */
export interface RequestSlot {
  /** At least max(8192, max_write + 4096) bytes. */
  readonly request: Buffer;
  /** The request is answered. */
  end(): void;
  /** Whether the thread is not needed any more. */
  isRetired(): boolean;
}

export interface Answerer {
  /** As Session.answer(). */
  answer(request: Buffer, length: number, reply: Buffer, asked: Asked): number;
  /** As Session.deliver(). */
  deliver(send: () => boolean): void;
}

/** Serves until the connection ends, or until the thread is not needed any more. */
export function serve(channel: Channel, answerer: Answerer, slot: RequestSlot): void {
  const reply = Buffer.alloc(replyBytes);
  for (;;) {
    const length = channel.receive(slot.request);
    if (length === 0) return;
    answerOne(channel, answerer, { slot, length, reply, asked: 'once' });
    if (slot.isRetired()) return;
  }
}

/**
 * Answers a request that a thread left behind, perhaps after it had answered it; the kernel will
 * not send it again.
 */
export function answerAgain(channel: Channel, answerer: Answerer, slot: RequestSlot): void {
  const length = Math.min(slot.request.readUInt32LE(0), slot.request.length);
  const reply = Buffer.alloc(replyBytes);
  answerOne(channel, answerer, { slot, length, reply, asked: 'perhaps answered' });
}

interface Exchange {
  readonly slot: RequestSlot;
  readonly length: number;
  readonly reply: Buffer;
  readonly asked: Asked;
}

function answerOne(channel: Channel, answerer: Answerer, exchange: Exchange): void {
  const { slot, length, reply, asked } = exchange;
  const replyLength = answerer.answer(slot.request, length, reply, asked);
  if (replyLength > 0) {
    if (asked === 'once') channel.send(reply, replyLength);
    else answerer.deliver(() => channel.send(reply, replyLength));
  }
  slot.end();
}
