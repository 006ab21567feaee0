// FORGET (opcode 2), BATCH_FORGET (42) and INTERRUPT (36): never answered.

import { expect, test } from 'vitest';
import { startConversation, wire } from './wire.ts';

test('FORGET has no answer', () => {
  const { ask, reported } = startConversation();
  const answer = ask(
    wire(`
    30 00 00 00  02 00 00 00                # len 48, opcode 2
    06 00 00 00 00 00 00 00                 # unique 6
    03 00 00 00 00 00 00 00                 # nodeid 3
    00 00 00 00  00 00 00 00  00 00 00 00   # uid 0, gid 0, pid 0
    00 00 00 00                             # extlen, padding
    01 00 00 00 00 00 00 00                 # nlookup 1
    `),
  );
  expect(answer).toBeUndefined();
  expect(reported).toEqual([]);
});

test('BATCH_FORGET has no answer', () => {
  const { ask, reported } = startConversation();
  const answer = ask(
    wire(`
    50 00 00 00  2a 00 00 00                # len 80, opcode 42
    08 00 00 00 00 00 00 00                 # unique 8
    00 00 00 00 00 00 00 00                 # nodeid 0
    00 00 00 00  00 00 00 00  00 00 00 00   # uid 0, gid 0, pid 0
    00 00 00 00                             # extlen, padding
    02 00 00 00  00 00 00 00                # count 2, dummy
    03 00 00 00 00 00 00 00                 # nodeid 3
    01 00 00 00 00 00 00 00                 # nlookup 1
    04 00 00 00 00 00 00 00                 # nodeid 4
    02 00 00 00 00 00 00 00                 # nlookup 2
    `),
  );
  expect(answer).toBeUndefined();
  expect(reported).toEqual([]);
});

test('INTERRUPT has no answer', () => {
  const { ask, reported } = startConversation();
  const answer = ask(
    wire(`
    30 00 00 00  24 00 00 00                # len 48, opcode 36
    0b 00 00 00 00 00 00 00                 # unique 11: that of the request, with bit 0 set
    00 00 00 00 00 00 00 00                 # nodeid 0
    00 00 00 00  00 00 00 00  00 00 00 00   # uid 0, gid 0, pid 0
    00 00 00 00                             # extlen, padding
    0a 00 00 00 00 00 00 00                 # unique 10 is no longer wanted
    `),
  );
  expect(answer).toBeUndefined();
  expect(reported).toEqual([]);
});
