// A directory whose entries differ from caller to caller: LOOKUP (opcode 1), GETATTR (3),
// READLINK (5), OPENDIR (27), READDIRPLUS (44).

import { expect, test } from 'vitest';
import type { DynamicTree } from '../../src/vfs/dynamic-tree.ts';
import { bytesOf, expectBytes, startConversation, wire } from './wire.ts';

const S_IFDIR = 0o040000;
const S_IFREG = 0o100000;
const S_IFLNK = 0o120000;

const directory = { nodeId: 6, mode: S_IFDIR | 0o755, linkCount: 2, sizeBytes: 0, timeSec: 7 };
const file = {
  nodeId: 2 ** 52 + 1,
  inode: 0x1234,
  mode: S_IFREG | 0o640,
  linkCount: 1,
  sizeBytes: 4096,
  timeSec: 7,
  uid: 5,
  gid: 9,
  validSec: 0,
};
const link = { ...directory, nodeId: 2 ** 52 + 2, mode: S_IFLNK | 0o777, linkCount: 1 };

/** `file` is there for the thread 4138 alone. */
const own: DynamicTree = {
  owns: (nodeId) => nodeId === 6 || nodeId >= 2 ** 52,
  child: (_parent, name) => (name === 'file' ? file : undefined),
  attr: (nodeId, { callerTid }) => {
    if (nodeId === file.nodeId) return callerTid === 4138 ? file : undefined;
    return [directory, link].find((attr) => attr.nodeId === nodeId);
  },
  entries: () => [
    { name: '.', attr: directory, nextOffset: 1 },
    { name: 'file', attr: file, nextOffset: 2 },
  ],
  linkTarget: (nodeId) => (nodeId === link.nodeId ? '../node/n0' : undefined),
  text: () => undefined,
};

const unique = '21 00 00 00 00 00 00 00     # unique 33';

interface Question {
  readonly opcode: string;
  /** Low byte of the node id, and the high one. */
  readonly nodeId: readonly [low: string, high: string];
  readonly tid?: string;
  readonly body?: string;
}

function requestOf({ opcode, nodeId: [low, high], tid = '2a 10', body = '' }: Question): Buffer {
  const length = (40 + bytesOf(body).length).toString(16);
  return wire(`
    ${length} 00 00 00  ${opcode} 00 00 00
    ${unique}
    ${low} 00 00 00 00 00 ${high} 00        # nodeid
    00 00 00 00  00 00 00 00                # uid 0, gid 0
    ${tid} 00 00  00 00 00 00               # pid 4138; extlen, padding
    ${body}
  `);
}

const attributes = `
  34 12 00 00 00 00 00 00                   # attr.ino 0x1234, not the node id
  00 10 00 00 00 00 00 00                   # size 4096
  00 00 00 00 00 00 00 00                   # blocks 0
  07 00 00 00 00 00 00 00                   # atime 7
  07 00 00 00 00 00 00 00                   # mtime
  07 00 00 00 00 00 00 00                   # ctime
  00 00 00 00  00 00 00 00  00 00 00 00     # nanoseconds of the three
  a0 81 00 00  01 00 00 00                  # mode 0100640, nlink 1
  05 00 00 00  09 00 00 00                  # uid 5, gid 9
  00 00 00 00  00 10 00 00                  # rdev 0, blksize 4096
  00 00 00 00                               # flags
`;

test('LOOKUP gives a name for a year, and its attributes for this moment', () => {
  const { ask, reported } = startConversation(4096, own);
  const request = requestOf({
    opcode: '01',
    nodeId: ['06', '00'],
    body: '66 69 6c 65 00   # "file", NUL',
  });
  expectBytes(
    ask(request),
    wire(`
    90 00 00 00  00 00 00 00                # len 144 (16 + 128), error 0
    ${unique}
    01 00 00 00 00 00 10 00                 # nodeid 2^52 + 1
    00 00 00 00 00 00 00 00                 # generation 0
    80 33 e1 01 00 00 00 00                 # entry_valid 31536000 s
    00 00 00 00 00 00 00 00                 # attr_valid 0 s
    00 00 00 00  00 00 00 00                # entry_valid_nsec, attr_valid_nsec
    ${attributes}
    `),
  );
  expect(reported).toEqual([]);
});

const getattr = '00 '.repeat(16);

test('GETATTR is answered for each caller, and not to be remembered', () => {
  const { ask, reported } = startConversation(4096, own);
  const question = { opcode: '03', nodeId: ['01', '10'], body: getattr } as const;
  expectBytes(
    ask(requestOf(question)),
    wire(`
    78 00 00 00  00 00 00 00                # len 120 (16 + 104), error 0
    ${unique}
    00 00 00 00 00 00 00 00                 # attr_valid 0 s
    00 00 00 00  00 00 00 00                # attr_valid_nsec, dummy
    ${attributes}
    `),
  );
  expectBytes(
    ask(requestOf({ ...question, tid: '2b 10' })),
    wire(`
    10 00 00 00  fe ff ff ff                # len 16, error -2 (ENOENT)
    ${unique}
    `),
  );
  expect(reported).toEqual([]);
});

test('READLINK gives the target without NUL', () => {
  const { ask } = startConversation(4096, own);
  expectBytes(
    ask(requestOf({ opcode: '05', nodeId: ['02', '10'] })),
    wire(`
    1a 00 00 00  00 00 00 00                # len 26 (16 + 10), error 0
    ${unique}
    2e 2e 2f 6e 6f 64 65 2f 6e 30           # "../node/n0"
    `),
  );
});

test.each([
  ['a dynamic file', ['01', '10'], 'fe ff ff ff  # -2 (ENOENT)'],
  ['a file of the fixed tree', ['03', '00'], 'ea ff ff ff  # -22 (EINVAL)'],
  ['a node that is not there', ['63', '00'], 'fe ff ff ff  # -2 (ENOENT)'],
] as const)('READLINK of %s is refused', (_case, nodeId, error) => {
  const { ask, reported } = startConversation(4096, own);
  expectBytes(
    ask(requestOf({ opcode: '05', nodeId })),
    wire(`
    10 00 00 00
    ${error}
    ${unique}
    `),
  );
  expect(reported).toEqual([]);
});

test('OPENDIR lets the kernel keep no entries', () => {
  const request = requestOf({ opcode: '1b', nodeId: ['06', '00'], body: '00 '.repeat(8) });
  expectBytes(
    startConversation(4096, own).ask(request),
    wire(`
    20 00 00 00  00 00 00 00                # len 32 (16 + 16), error 0
    ${unique}
    00 00 00 00 00 00 00 00                 # fh 0
    00 00 00 00  00 00 00 00                # no flags, padding
    `),
  );
});

test('READDIRPLUS names entries without their attributes', () => {
  const body = `${'00 '.repeat(16)} 00 10 00 00 ${'00 '.repeat(20)}`;
  const answer = startConversation(4096, own).ask(
    requestOf({ opcode: '2c', nodeId: ['06', '00'], body }),
  );
  expectBytes(
    answer?.subarray(16 + 160),
    bytesOf(`
    ${'00 '.repeat(128)}                    # no lookup
    34 12 00 00 00 00 00 00                 # ino 0x1234
    02 00 00 00 00 00 00 00                 # off 2
    04 00 00 00  08 00 00 00                # namelen 4, type 8 (DT_REG)
    66 69 6c 65 00 00 00 00                 # "file", padded to 8
    `),
  );
});
