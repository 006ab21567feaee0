// A word to whoever listens at a Unix socket, which lasts as long as this process.

import { createConnection } from 'node:net';

/** Stays connected until this process ends, or becomes another; keeps it from neither. */
export function sayForAsLongAsWeRun(path: string, word: string): void {
  const socket = createConnection(path, () => socket.write(word));
  // Nobody has to listen.
  socket.on('error', () => undefined);
  socket.unref();
}
