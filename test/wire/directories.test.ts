// OPENDIR (opcode 27), READDIR (28), READDIRPLUS (44) and RELEASEDIR (29).

import { expect, test } from 'vitest';
import { bytesOf, expectBytes, startConversation, wire } from './wire.ts';

const unique = '16 00 00 00 00 00 00 00     # unique 22';

function listOf(opcode: '1c' | '2c', nodeId: number, offset: number, size: string): Buffer {
  return wire(`
    50 00 00 00  ${opcode} 00 00 00         # len 80 (40 + 40), READDIR or READDIRPLUS
    ${unique}
    0${nodeId} 00 00 00 00 00 00 00         # nodeid
    e8 03 00 00  e8 03 00 00  2a 10 00 00   # uid 1000, gid 1000, pid 4138
    00 00 00 00                             # extlen, padding
    00 00 00 00 00 00 00 00                 # fh 0
    0${offset} 00 00 00 00 00 00 00         # offset
    ${size} 00 00  00 00 00 00              # size, read_flags
    00 00 00 00 00 00 00 00                 # lock_owner
    00 80 01 00  00 00 00 00                # flags, padding
  `);
}

const dot = `
  02 00 00 00 00 00 00 00                   # ino 2
  01 00 00 00 00 00 00 00                   # off 1
  01 00 00 00  04 00 00 00                  # namelen 1, type 4 (DT_DIR)
  2e 00 00 00 00 00 00 00                   # ".", padded to 8
`;
const dotDot = `
  01 00 00 00 00 00 00 00                   # ino 1
  02 00 00 00 00 00 00 00                   # off 2
  02 00 00 00  04 00 00 00                  # namelen 2, type 4
  2e 2e 00 00 00 00 00 00                   # "..", padded to 8
`;
const uptime = `
  03 00 00 00 00 00 00 00                   # ino 3
  03 00 00 00 00 00 00 00                   # off 3
  06 00 00 00  08 00 00 00                  # namelen 6, type 8 (DT_REG)
  75 70 74 69 6d 65 00 00                   # "uptime", padded to 8
`;
const meminfo = `
  04 00 00 00 00 00 00 00                   # ino 4
  04 00 00 00 00 00 00 00                   # off 4
  07 00 00 00  08 00 00 00                  # namelen 7, type 8
  6d 65 6d 69 6e 66 6f 00                   # "meminfo", padded to 8
`;

test.each([
  ['OPENDIR of a directory', '1b', 2, '20 00 00 00  00 00 00 00 # len 32, error 0'],
  ['OPENDIR of a file', '1b', 3, '10 00 00 00  ec ff ff ff      # len 16, -20 (ENOTDIR)'],
  ['OPENDIR of no node', '1b', 9, '10 00 00 00  fe ff ff ff     # len 16, -2 (ENOENT)'],
])('%s', (_case, opcode, nodeId, beginning) => {
  const answer = startConversation().ask(
    wire(`
    30 00 00 00  ${opcode} 00 00 00         # len 48, opcode
    ${unique}
    0${nodeId} 00 00 00 00 00 00 00         # nodeid
    e8 03 00 00  e8 03 00 00  2a 10 00 00   # uid 1000, gid 1000, pid 4138
    00 00 00 00                             # extlen, padding
    00 80 01 00  00 00 00 00                # O_RDONLY, O_LARGEFILE, O_DIRECTORY; open_flags
    `),
  );
  const opened = `
    00 00 00 00 00 00 00 00                 # fh 0
    0a 00 00 00  00 00 00 00                # FOPEN_KEEP_CACHE 2, FOPEN_CACHE_DIR 8; padding
  `;
  const body = beginning.startsWith('20') ? opened : '';
  expectBytes(answer, wire(`${beginning}\n${unique}\n${body}`));
});

test('READDIR with room for all gives all entries, then the end', () => {
  const { ask } = startConversation();
  const all = `90 00 00 00  00 00 00 00     # len 144 (16 + 4 * 32), error 0`;
  const entries = dot + dotDot + uptime + meminfo;
  expectBytes(ask(listOf('1c', 2, 0, '00 10')), wire(`${all}\n${unique}\n${entries}`));
  const end = '10 00 00 00  00 00 00 00     # len 16, error 0';
  expectBytes(ask(listOf('1c', 2, 4, '00 10')), wire(`${end}\n${unique}`));
});

test('READDIR with little room gives whole entries only and goes on behind the last', () => {
  const { ask } = startConversation();
  const two = '50 00 00 00  00 00 00 00     # len 80 (16 + 2 * 32), error 0';
  expectBytes(ask(listOf('1c', 2, 0, '5f 00')), wire(`${two}\n${unique}\n${dot}${dotDot}`));
  expectBytes(ask(listOf('1c', 2, 2, '40 00')), wire(`${two}\n${unique}\n${uptime}${meminfo}`));
});

test('READDIR of the root says that its parent is itself', () => {
  const answer = startConversation().ask(listOf('1c', 1, 1, '20 00'));
  expectBytes(answer?.subarray(16), bytesOf(dotDot));
});

test('READDIRPLUS adds the attributes, but none for "." and ".."', () => {
  const noLookup = '00 '.repeat(128);
  const uptimeEntry = `
    03 00 00 00 00 00 00 00                 # nodeid 3
    00 00 00 00 00 00 00 00                 # generation 0
    80 33 e1 01 00 00 00 00                 # entry_valid 31536000 s
    80 33 e1 01 00 00 00 00                 # attr_valid
    00 00 00 00  00 00 00 00                # nanoseconds of both
    03 00 00 00 00 00 00 00                 # attr.ino 3
    00 10 00 00 00 00 00 00                 # size 4096
    00 00 00 00 00 00 00 00                 # blocks
    00 00 00 65 00 00 00 00                 # atime
    00 00 00 65 00 00 00 00                 # mtime
    00 00 00 65 00 00 00 00                 # ctime
    00 00 00 00  00 00 00 00  00 00 00 00   # nanoseconds of the three
    24 81 00 00  01 00 00 00                # mode 0100444, nlink 1
    00 00 00 00  00 00 00 00                # uid 0, gid 0
    00 00 00 00  00 10 00 00                # rdev 0, blksize 4096
    00 00 00 00                             # flags
  `;
  const { ask } = startConversation();
  expectBytes(
    ask(listOf('2c', 2, 0, 'e0 01')), // 480 bytes: three entries of 128 + 32
    wire(`
    f0 01 00 00  00 00 00 00                # len 496 (16 + 480), error 0
    ${unique}
    ${noLookup} ${dot} ${noLookup} ${dotDot} ${uptimeEntry} ${uptime}
    `),
  );
  const rest = ask(listOf('2c', 2, 3, 'e0 01'));
  expect(rest?.length).toBe(16 + 160);
  expectBytes(rest?.subarray(16 + 128), bytesOf(meminfo));
});

test('READDIR of a file is ENOTDIR', () => {
  const refused = '10 00 00 00  ec ff ff ff # len 16, error -20 (ENOTDIR)';
  const answer = startConversation().ask(listOf('1c', 3, 0, '00 10'));
  expectBytes(answer, wire(`${refused}\n${unique}`));
});

test('RELEASEDIR is answered', () => {
  const answer = startConversation().ask(
    wire(`
    40 00 00 00  1d 00 00 00                # len 64 (40 + 24), opcode 29
    ${unique}
    02 00 00 00 00 00 00 00                 # nodeid 2
    00 00 00 00  00 00 00 00  00 00 00 00   # uid 0, gid 0, pid 0
    00 00 00 00                             # extlen, padding
    00 00 00 00 00 00 00 00                 # fh 0
    00 80 01 00  00 00 00 00                # flags, release_flags
    00 00 00 00 00 00 00 00                 # lock_owner
    `),
  );
  expectBytes(answer, wire(`10 00 00 00  00 00 00 00 # len 16, error 0\n${unique}`));
});
