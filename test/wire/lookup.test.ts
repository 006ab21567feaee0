// LOOKUP (opcode 1): a name -> struct fuse_entry_out.

import { expect, test } from 'vitest';
import { expectBytes, startConversation, wire } from './wire.ts';

test('LOOKUP of a file gives its node, its attributes, and a year to remember them', () => {
  const { ask, reported } = startConversation();
  const answer = ask(
    wire(`
    2f 00 00 00  01 00 00 00                # len 47, opcode 1
    04 00 00 00 00 00 00 00                 # unique 4
    02 00 00 00 00 00 00 00                 # nodeid 2, /proc
    e8 03 00 00  e8 03 00 00  2a 10 00 00   # uid 1000, gid 1000, pid 4138
    00 00 00 00                             # extlen, padding
    75 70 74 69 6d 65 00                    # "uptime", NUL
    `),
  );
  expectBytes(
    answer,
    wire(`
    90 00 00 00  00 00 00 00                # len 144 (16 + 128), error 0
    04 00 00 00 00 00 00 00                 # unique 4
    03 00 00 00 00 00 00 00                 # nodeid 3
    00 00 00 00 00 00 00 00                 # generation 0
    80 33 e1 01 00 00 00 00                 # entry_valid 31536000 s
    80 33 e1 01 00 00 00 00                 # attr_valid 31536000 s
    00 00 00 00  00 00 00 00                # entry_valid_nsec, attr_valid_nsec
    03 00 00 00 00 00 00 00                 # attr.ino 3
    00 10 00 00 00 00 00 00                 # size 4096
    00 00 00 00 00 00 00 00                 # blocks 0
    00 00 00 65 00 00 00 00                 # atime 0x65000000
    00 00 00 65 00 00 00 00                 # mtime
    00 00 00 65 00 00 00 00                 # ctime
    00 00 00 00  00 00 00 00  00 00 00 00   # nanoseconds of the three
    24 81 00 00  01 00 00 00                # mode 0100444, nlink 1
    00 00 00 00  00 00 00 00                # uid 0, gid 0
    00 00 00 00  00 10 00 00                # rdev 0, blksize 4096
    00 00 00 00                             # flags
    `),
  );
  expect(reported).toEqual([]);
});

test.each([
  ['a name that is not there', 2, '70 72 6f 63 00'],
  ['a name in a file', 3, '70 72 6f 63 00'],
  ['a name in a node that is not there', 99, '70 72 6f 63 00'],
  ['an empty name', 1, '00 00 00 00 00'],
  ['a name that is no UTF-8', 1, 'ff fe 2f 80 00'],
])('LOOKUP of %s is ENOENT', (_case, node, name) => {
  const { ask, reported } = startConversation();
  const answer = ask(
    wire(`
    2d 00 00 00  01 00 00 00                # len 45, opcode 1
    04 00 00 00 00 00 00 00                 # unique 4
    ${node.toString(16).padStart(2, '0')} 00 00 00 00 00 00 00   # nodeid
    00 00 00 00  00 00 00 00  2a 10 00 00   # uid 0, gid 0, pid 4138
    00 00 00 00                             # extlen, padding
    ${name}                                 # name, NUL
    `),
  );
  expectBytes(
    answer,
    wire(`
    10 00 00 00  fe ff ff ff                # len 16, error -2 (ENOENT)
    04 00 00 00 00 00 00 00                 # unique 4
    `),
  );
  expect(reported).toEqual([]);
});

test('LOOKUP of a name without NUL is EINVAL and reported, whatever lies behind the request', () => {
  const { ask, reported } = startConversation();
  const whole = wire(`
    2d 00 00 00  01 00 00 00                # len 45, opcode 1
    04 00 00 00 00 00 00 00                 # unique 4
    01 00 00 00 00 00 00 00                 # nodeid 1
    00 00 00 00  00 00 00 00  2a 10 00 00   # uid 0, gid 0, pid 4138
    00 00 00 00                             # extlen, padding
    70 72 6f 63 00                          # "proc", NUL
  `);
  ask(whole);
  const cut = whole.subarray(0, 44);
  cut.writeUInt32LE(44, 0);
  expectBytes(
    ask(cut),
    wire(`
    10 00 00 00  ea ff ff ff                # len 16, error -22 (EINVAL)
    04 00 00 00 00 00 00 00                 # unique 4
    `),
  );
  expect(reported).toMatchObject([{ name: 'ProtocolError' }]);
});
