// What a transport gives to the threads that serve: requests in, answers out.

/** One thread's use of a connection to the kernel. */
export interface Channel {
  /** Blocks for the next request; its length, 0 when the connection has ended. */
  receive(into: Buffer): number;
  /** Sends the answer in the first `length` bytes; whether anybody got it. */
  send(reply: Buffer, length: number): boolean;
}
