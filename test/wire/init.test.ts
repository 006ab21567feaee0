// INIT (opcode 26): struct fuse_init_in -> struct fuse_init_out.

import { expect, test } from 'vitest';
import { bytesOf, expectBytes, startConversation, wire } from './wire.ts';

test('INIT with the 16-byte body of Linux before 5.17 is answered with its own minor', () => {
  const { ask, reported } = startConversation();
  const answer = ask(
    wire(`
    38 00 00 00  1a 00 00 00                # len 56, opcode 26
    02 00 00 00 00 00 00 00                 # unique 2
    00 00 00 00 00 00 00 00                 # nodeid 0
    00 00 00 00  00 00 00 00  00 00 00 00   # uid 0, gid 0, pid 0
    00 00 00 00                             # padding
    07 00 00 00  1f 00 00 00                # major 7, minor 31
    00 00 02 00  fb ff ff 03                # max_readahead 131072, flags
    `),
  );
  expectBytes(
    answer,
    wire(`
    50 00 00 00  00 00 00 00                # len 80 (16 + 64), error 0
    02 00 00 00 00 00 00 00                 # unique 2
    07 00 00 00  1f 00 00 00                # major 7, minor 31
    00 00 02 00                             # max_readahead as offered
    20 60 04 00                             # BIG_WRITES 5, DO_READDIRPLUS 13, AUTO 14, DIROPS 18
    00 00  00 00                            # max_background, congestion_threshold: as usual
    00 10 00 00  01 00 00 00                # max_write 4096, time_gran 1 ns
    00 00  00 00                            # max_pages, map_alignment
    00 00 00 00                             # flags2
    00 00 00 00 00 00 00 00 00 00 00 00 00 00   # unused[7], first half
    00 00 00 00 00 00 00 00 00 00 00 00 00 00   # second half
    `),
  );
  expect(reported).toEqual([]);
});

test('INIT with the 64-byte body is answered with minor 38 at most, and only what was offered', () => {
  const answer = startConversation().ask(
    wire(`
    68 00 00 00  1a 00 00 00                # len 104 (40 + 64), opcode 26
    02 00 00 00 00 00 00 00                 # unique 2
    00 00 00 00 00 00 00 00                 # nodeid 0
    00 00 00 00  00 00 00 00  00 00 00 00   # uid 0, gid 0, pid 0
    00 00 00 00                             # extlen, padding
    07 00 00 00  2d 00 00 00                # major 7, minor 45
    00 00 02 00  01 20 00 c0                # max_readahead 131072, flags: 0, 13, 30, 31
    ff 01 00 00                             # flags2
    00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00   # unused[11]
    00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
    `),
  );
  expectBytes(
    answer,
    wire(`
    50 00 00 00  00 00 00 00                # len 80, error 0
    02 00 00 00 00 00 00 00                 # unique 2
    07 00 00 00  26 00 00 00                # major 7, minor 38
    00 00 02 00  00 20 00 00                # max_readahead, flags: DO_READDIRPLUS alone
    00 00  00 00  00 10 00 00  01 00 00 00  # background, congestion, max_write, time_gran
    00 00  00 00  00 00 00 00               # max_pages, map_alignment, flags2
    00 00 00 00 00 00 00 00 00 00 00 00 00 00   # unused[7]
    00 00 00 00 00 00 00 00 00 00 00 00 00 00
    `),
  );
});

test('INIT with a higher major is answered with 7.38, so that the kernel asks again', () => {
  const answer = startConversation().ask(
    wire(`
    38 00 00 00  1a 00 00 00                # len 56, opcode 26
    02 00 00 00 00 00 00 00                 # unique 2
    00 00 00 00 00 00 00 00                 # nodeid 0
    00 00 00 00  00 00 00 00  00 00 00 00   # uid 0, gid 0, pid 0
    00 00 00 00                             # padding
    08 00 00 00  01 00 00 00                # major 8, minor 1
    00 00 00 00  00 00 00 00                # max_readahead, flags
    `),
  );
  expectBytes(
    answer?.subarray(0, 24),
    bytesOf(`
    50 00 00 00  00 00 00 00                # len 80, error 0
    02 00 00 00 00 00 00 00                 # unique 2
    07 00 00 00  26 00 00 00                # major 7, minor 38
    `),
  );
});

test.each([
  ['7.22', '07 00 00 00  16 00 00 00'],
  ['6.99', '06 00 00 00  63 00 00 00'],
])('INIT of protocol %s is refused with EPROTO', (_version, version) => {
  const { ask, reported } = startConversation();
  const answer = ask(
    wire(`
    38 00 00 00  1a 00 00 00                # len 56, opcode 26
    02 00 00 00 00 00 00 00                 # unique 2
    00 00 00 00 00 00 00 00                 # nodeid 0
    00 00 00 00  00 00 00 00  00 00 00 00   # uid 0, gid 0, pid 0
    00 00 00 00                             # padding
    ${version}                              # major, minor
    00 00 02 00  00 00 00 00                # max_readahead, flags
    `),
  );
  expectBytes(
    answer,
    wire(`
    10 00 00 00  b9 ff ff ff                # len 16, error -71 (EPROTO)
    02 00 00 00 00 00 00 00                 # unique 2
    `),
  );
  expect(reported).toEqual([]);
});
