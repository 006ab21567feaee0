// A connection to a kernel that has asked its questions in advance and keeps the answers.

import type { Channel } from '../../src/transport/channel.ts';

export interface FakeChannel extends Channel {
  /** What was sent, each answer whole. */
  readonly sent: Buffer[];
}

/** Gives one request after the other, then the end of the connection. */
export function makeFakeChannel(requests: readonly Buffer[]): FakeChannel {
  const waiting = [...requests];
  const sent: Buffer[] = [];
  return {
    sent,
    receive: (into) => waiting.shift()?.copy(into) ?? 0,
    send: (reply, length) => {
      sent.push(Buffer.from(reply.subarray(0, length)));
      return true;
    },
  };
}
