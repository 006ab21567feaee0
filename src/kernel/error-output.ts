// Standard error for a log, which keeps nobody waiting: a terminal may be halted (Ctrl-S), a pipe
// full that nobody reads.

import { Writable } from 'node:stream';
import * as libc from './libc.ts';
import { isWritable } from './poll.ts';

const standardError = 2;
/** PIPE_BUF: a pipe that can be written to takes so much. */
const pieceBytes = 4096;

function writeWhatFits(bytes: Buffer): void {
  for (let at = 0; at < bytes.length && isWritable(standardError); at += pieceBytes) {
    const piece = bytes.subarray(at, at + pieceBytes);
    libc.write(standardError, piece, piece.length);
  }
}

/** What cannot be written at once is lost; so is what fails. */
export function openErrorOutput(): Writable {
  return new Writable({
    write: (bytes: Buffer, _encoding, done) => {
      writeWhatFits(bytes);
      done();
    },
  });
}
