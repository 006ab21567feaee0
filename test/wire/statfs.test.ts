// STATFS (opcode 17) -> struct fuse_statfs_out, and DESTROY (38).

import { expect, test } from 'vitest';
import { expectBytes, startConversation, wire } from './wire.ts';

test('STATFS tells of no blocks and no free space', () => {
  const { ask, reported } = startConversation();
  const answer = ask(
    wire(`
    28 00 00 00  11 00 00 00                # len 40, opcode 17
    18 00 00 00 00 00 00 00                 # unique 24
    01 00 00 00 00 00 00 00                 # nodeid 1
    e8 03 00 00  e8 03 00 00  2a 10 00 00   # uid 1000, gid 1000, pid 4138
    00 00 00 00                             # extlen, padding
    `),
  );
  expectBytes(
    answer,
    wire(`
    60 00 00 00  00 00 00 00                # len 96 (16 + 80), error 0
    18 00 00 00 00 00 00 00                 # unique 24
    00 00 00 00 00 00 00 00                 # blocks
    00 00 00 00 00 00 00 00                 # bfree
    00 00 00 00 00 00 00 00                 # bavail
    00 00 00 00 00 00 00 00                 # files
    00 00 00 00 00 00 00 00                 # ffree
    00 10 00 00  ff 00 00 00                # bsize 4096, namelen 255
    00 10 00 00  00 00 00 00                # frsize 4096, padding
    00 00 00 00  00 00 00 00  00 00 00 00   # spare[6]
    00 00 00 00  00 00 00 00  00 00 00 00
    `),
  );
  expect(reported).toEqual([]);
});

test('DESTROY is answered', () => {
  const answer = startConversation().ask(
    wire(`
    28 00 00 00  26 00 00 00                # len 40, opcode 38
    1a 00 00 00 00 00 00 00                 # unique 26
    00 00 00 00 00 00 00 00                 # nodeid 0
    00 00 00 00  00 00 00 00  00 00 00 00   # uid 0, gid 0, pid 0
    00 00 00 00                             # extlen, padding
    `),
  );
  expectBytes(
    answer,
    wire(`
    10 00 00 00  00 00 00 00                # len 16, error 0
    1a 00 00 00 00 00 00 00                 # unique 26
    `),
  );
});
