// GETATTR (opcode 3): struct fuse_attr_out.

import { expect, test } from 'vitest';
import { bytesOf, expectBytes, startConversation, wire } from './wire.ts';

function getattrOf(nodeId: number): Buffer {
  return wire(`
    38 00 00 00  03 00 00 00                # len 56, opcode 3
    0c 00 00 00 00 00 00 00                 # unique 12
    ${nodeId.toString(16).padStart(2, '0')} 00 00 00 00 00 00 00   # nodeid
    00 00 00 00  00 00 00 00  2a 10 00 00   # uid 0, gid 0, pid 4138
    00 00 00 00                             # extlen, padding
    00 00 00 00  00 00 00 00                # getattr_flags, dummy
    00 00 00 00 00 00 00 00                 # fh
  `);
}

test('GETATTR of a directory tells its type and its links', () => {
  expectBytes(
    startConversation().ask(getattrOf(1)),
    wire(`
    78 00 00 00  00 00 00 00                # len 120 (16 + 104), error 0
    0c 00 00 00 00 00 00 00                 # unique 12
    80 33 e1 01 00 00 00 00                 # attr_valid 31536000 s
    00 00 00 00  00 00 00 00                # attr_valid_nsec, dummy
    01 00 00 00 00 00 00 00                 # attr.ino 1
    00 00 00 00 00 00 00 00                 # size 0
    00 00 00 00 00 00 00 00                 # blocks 0
    00 00 00 65 00 00 00 00                 # atime
    00 00 00 65 00 00 00 00                 # mtime
    00 00 00 65 00 00 00 00                 # ctime
    00 00 00 00  00 00 00 00  00 00 00 00   # nanoseconds of the three
    6d 41 00 00  03 00 00 00                # mode 040555, nlink 3: itself, ".", "proc/.."
    00 00 00 00  00 00 00 00                # uid 0, gid 0
    00 00 00 00  00 10 00 00                # rdev 0, blksize 4096
    00 00 00 00                             # flags
    `),
  );
});

test('GETATTR of a file that only root may read tells 0400', () => {
  const answer = startConversation().ask(getattrOf(5));
  expectBytes(
    answer?.subarray(92, 100),
    bytesOf('00 81 00 00  01 00 00 00               # mode 0100400, nlink 1'),
  );
});

test('GETATTR of a node that is not there is ENOENT', () => {
  const { ask, reported } = startConversation();
  expectBytes(
    ask(getattrOf(99)),
    wire(`
    10 00 00 00  fe ff ff ff                # len 16, error -2 (ENOENT)
    0c 00 00 00 00 00 00 00                 # unique 12
    `),
  );
  expect(reported).toEqual([]);
});
