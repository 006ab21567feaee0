// How native code without an event loop tells that it has ended: by closing a file descriptor.

import { Socket } from 'node:net';
import * as libc from './libc.ts';

const O_CLOEXEC = 0o2000000;

export interface ClosingPipe {
  /** For the native code, which owns it. */
  readonly writeEnd: number;
  /** Resolves when it is closed; until then the process does not end. */
  readonly closed: Promise<void>;
}

export function openClosingPipe(): ClosingPipe {
  const fds = new Int32Array(2);
  libc.checked('make a pipe', () => libc.pipe2(fds, O_CLOEXEC));
  const [readEnd = -1, writeEnd = -1] = fds;
  const socket = new Socket({ fd: readEnd, readable: true, writable: false });
  socket.resume();
  const closed = new Promise<void>((resolve) => {
    socket.once('close', () => resolve());
  });
  return { writeEnd, closed };
}
