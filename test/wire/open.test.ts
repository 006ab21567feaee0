// OPEN (opcode 14): struct fuse_open_in -> struct fuse_open_out.

import { expect, test } from 'vitest';
import { expectBytes, startConversation, wire } from './wire.ts';

function openOf(nodeId: number, flags: string): Buffer {
  return wire(`
    30 00 00 00  0e 00 00 00                # len 48, opcode 14
    10 00 00 00 00 00 00 00                 # unique 16
    ${nodeId.toString(16).padStart(2, '0')} 00 00 00 00 00 00 00   # nodeid
    e8 03 00 00  e8 03 00 00  2a 10 00 00   # uid 1000, gid 1000, pid 4138
    00 00 00 00                             # extlen, padding
    ${flags}                                # flags
    00 00 00 00                             # open_flags
  `);
}

test('OPEN for reading gives a handle, and the page cache is left out', () => {
  const { ask, reported } = startConversation();
  const request = openOf(3, '00 80 08 00'); // O_RDONLY, O_LARGEFILE, O_CLOEXEC
  const handleOne = wire(`
    20 00 00 00  00 00 00 00                # len 32 (16 + 16), error 0
    10 00 00 00 00 00 00 00                 # unique 16
    01 00 00 00 00 00 00 00                 # fh 1
    21 00 00 00  00 00 00 00                # FOPEN_DIRECT_IO 1, FOPEN_NOFLUSH 32; padding
  `);
  const handleTwo = Buffer.from(handleOne);
  handleTwo.writeUInt8(2, 16);
  expectBytes(ask(request), handleOne);
  expectBytes(ask(request), handleTwo);
  expect(reported).toEqual([]);
});

test.each([
  ['O_WRONLY', 3, '01 80 00 00', 'f3 ff ff ff  # -13 (EACCES)'],
  ['O_RDWR', 3, '02 80 00 00', 'f3 ff ff ff    # -13 (EACCES)'],
  ['access mode 3', 3, '03 80 00 00', 'f3 ff ff ff    # -13 (EACCES)'],
  ['a directory', 2, '00 80 00 00', 'eb ff ff ff     # -21 (EISDIR)'],
  ['no node', 99, '00 80 00 00', 'fe ff ff ff        # -2 (ENOENT)'],
])('OPEN of %s is refused', (_case, nodeId, flags, error) => {
  const { ask, reported } = startConversation();
  expectBytes(
    ask(openOf(nodeId, flags)),
    wire(`
    10 00 00 00                             # len 16
    ${error}
    10 00 00 00 00 00 00 00                 # unique 16
    `),
  );
  expect(reported).toEqual([]);
});
