// ACCESS (opcode 34): may this caller, as access(2) asks it.

import { expect, test } from 'vitest';
import { expectBytes, startConversation, wire } from './wire.ts';

interface Question {
  readonly nodeId: number;
  readonly uid: '00' | 'e8';
  /** X 1, W 2, R 4. */
  readonly mask: number;
}

function accessOf({ nodeId, uid, mask }: Question): Buffer {
  return wire(`
    30 00 00 00  22 00 00 00                # len 48, opcode 34
    0e 00 00 00 00 00 00 00                 # unique 14
    0${nodeId} 00 00 00 00 00 00 00         # nodeid
    ${uid} 00 00 00  ${uid} 00 00 00        # uid, gid: 0 or 232
    2a 10 00 00  00 00 00 00                # pid 4138; extlen, padding
    0${mask} 00 00 00  00 00 00 00          # mask, padding
  `);
}

const granted = '00 00 00 00                # error 0';
const eacces = 'f3 ff ff ff                 # error -13 (EACCES)';
const erofs = 'e2 ff ff ff                  # error -30 (EROFS)';

test.each<[string, Question, string]>([
  ['others: R of 0444', { nodeId: 3, uid: 'e8', mask: 4 }, granted],
  ['others: F_OK of 0400', { nodeId: 5, uid: 'e8', mask: 0 }, granted],
  ['others: R of 0400', { nodeId: 5, uid: 'e8', mask: 4 }, eacces],
  ['others: X of 0444', { nodeId: 3, uid: 'e8', mask: 1 }, eacces],
  ['others: R and X of a directory', { nodeId: 2, uid: 'e8', mask: 5 }, granted],
  ['others: W of 0444', { nodeId: 3, uid: 'e8', mask: 2 }, erofs],
  ['root: R of 0400', { nodeId: 5, uid: '00', mask: 4 }, granted],
  ['root: X of a file that nobody may execute', { nodeId: 3, uid: '00', mask: 1 }, eacces],
  ['root: X of a directory', { nodeId: 1, uid: '00', mask: 1 }, granted],
  ['root: W', { nodeId: 3, uid: '00', mask: 2 }, erofs],
  ['root: R and W of a directory', { nodeId: 1, uid: '00', mask: 6 }, erofs],
])('ACCESS, %s', (_case, question, error) => {
  const { ask, reported } = startConversation();
  expectBytes(
    ask(accessOf(question)),
    wire(`
    10 00 00 00                             # len 16
    ${error}
    0e 00 00 00 00 00 00 00                 # unique 14
    `),
  );
  expect(reported).toEqual([]);
});
