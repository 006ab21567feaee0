// Waiting for one fd, synchronously.

import * as libc from './libc.ts';

const POLLIN = 1;
const POLLOUT = 4;

/** struct pollfd: the fd, then two 16-bit words, events and revents (little-endian). */
const pollfd = new Int32Array(2);

/**
 * Whether fd has something to read, or has reached its end, within that time; 0
 * asks without waiting.
 */
export function isReadable(fd: number, limitMsec: number): boolean {
  return hasEvent(fd, POLLIN, limitMsec);
}

/** Whether a write to it does not block, or fails at once. */
export function isWritable(fd: number): boolean {
  return hasEvent(fd, POLLOUT, 0);
}

function hasEvent(fd: number, events: number, limitMsec: number): boolean {
  pollfd[0] = fd;
  pollfd[1] = events;
  return libc.checked('poll', () => libc.poll(pollfd, 1, limitMsec)) > 0;
}
