// Opcodes that are refused. ENOSYS is remembered by the kernel for as long as the
// mount lives, so it is said only of what no nsproc will ever answer.

import { expect, test } from 'vitest';
import { bytesOf, expectBytes, startConversation, wire } from './wire.ts';

/** Each with a body of 64 zero bytes, enough for any of them. */
function requestOf(opcode: string): Buffer {
  return wire(`
    68 00 00 00  ${opcode} 00 00            # len 104, opcode
    1c 00 00 00 00 00 00 80                 # unique 28 with bit 63: sent again (RESEND)
    03 00 00 00 00 00 00 00                 # nodeid 3
    00 00 00 00  00 00 00 00  2a 10 00 00   # uid 0, gid 0, pid 4138
    00 00 00 00                             # extlen, padding
    ${'00 '.repeat(64)}                     # body
  `);
}

function refusal(error: string): Buffer {
  return wire(`
    10 00 00 00  ${error} ff ff ff          # len 16, error
    1c 00 00 00 00 00 00 80                 # unique as it was asked
  `);
}

test.each([
  ['SETATTR', '04 00'],
  ['SYMLINK', '06 00'],
  ['MKNOD', '08 00'],
  ['MKDIR', '09 00'],
  ['UNLINK', '0a 00'],
  ['RMDIR', '0b 00'],
  ['RENAME', '0c 00'],
  ['LINK', '0d 00'],
  ['WRITE', '10 00'],
  ['SETXATTR', '15 00'],
  ['REMOVEXATTR', '18 00'],
  ['CREATE', '23 00'],
  ['FALLOCATE', '2b 00'],
  ['RENAME2', '2d 00'],
  ['COPY_FILE_RANGE', '2f 00'],
  ['TMPFILE', '33 00'],
])('%s, which would write, is EROFS', (_name, opcode) => {
  const { ask, reported } = startConversation();
  expectBytes(ask(requestOf(opcode)), refusal('e2'));
  expect(reported).toEqual([]);
});

test.each([
  ['FSYNC', '14 00'],
  ['GETXATTR', '16 00'],
  ['LISTXATTR', '17 00'],
  ['FLUSH', '19 00'],
  ['IOCTL', '27 00'],
  ['POLL', '28 00'],
  ['LSEEK', '2e 00'],
  ['SYNCFS', '32 00'],
  ['STATX', '34 00'],
  ['CUSE_INIT', '00 10'],
  ['an opcode that does not exist', 'ff ff'],
])('%s is ENOSYS', (_name, opcode) => {
  const { ask, reported } = startConversation();
  expectBytes(ask(requestOf(opcode)), refusal('da'));
  expect(reported).toEqual([]);
});

test('opcode 0 is EINVAL', () => {
  expectBytes(startConversation().ask(requestOf('00 00')), refusal('ea'));
});

test.each([
  ['READ', '0f', 63],
  ['READDIR', '1c', 63],
  ['RELEASE', '12', 47],
  ['OPEN', '0e', 43],
  ['ACCESS', '22', 43],
  ['INIT', '1a', 55],
])('%s whose body is a byte too short is EINVAL and reported', (_name, opcode, length) => {
  const { ask, reported } = startConversation();
  const short = requestOf(`${opcode} 00`).subarray(0, length);
  short.writeUInt32LE(length, 0);
  expectBytes(ask(short), refusal('ea'));
  expect(reported).toMatchObject([{ name: 'ProtocolError' }]);
});

test('a request whose length field is wrong is EINVAL and reported', () => {
  const { ask, reported } = startConversation();
  const request = requestOf('11 00');
  request.writeUInt32LE(105, 0);
  expectBytes(ask(request), refusal('ea'));
  expect(reported).toMatchObject([{ name: 'ProtocolError' }]);
});

test('less than a header has no answer and is reported', () => {
  const { ask, reported } = startConversation();
  const answer = ask(bytesOf('0c 00 00 00  11 00 00 00  1c 00 00 00'));
  expect(answer).toBeUndefined();
  expect(reported).toMatchObject([{ name: 'ProtocolError' }]);
});
