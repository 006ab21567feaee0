// READ (opcode 15) and RELEASE (18): pieces of one text, or fresh ones.

import { expect, test } from 'vitest';
import { type Conversation, expectBytes, startConversation, wire } from './wire.ts';

const openUptime = wire(`
  30 00 00 00  0e 00 00 00                  # len 48, opcode 14 (OPEN)
  10 00 00 00 00 00 00 00                   # unique 16
  03 00 00 00 00 00 00 00                   # nodeid 3
  e8 03 00 00  e8 03 00 00  2a 10 00 00     # uid 1000, gid 1000, pid 4138
  00 00 00 00                               # extlen, padding
  00 80 00 00  00 00 00 00                  # O_RDONLY and O_LARGEFILE, open_flags
`);

/** From the first handle, which is 1; `offset` and `size` below 256; by read(2) itself. */
function readOf(offset: number, size: number, readFlags = '02'): Buffer {
  const byte = (value: number) => value.toString(16).padStart(2, '0');
  return wire(`
    50 00 00 00  0f 00 00 00                # len 80 (40 + 40), opcode 15
    12 00 00 00 00 00 00 00                 # unique 18
    03 00 00 00 00 00 00 00                 # nodeid 3
    e8 03 00 00  e8 03 00 00  2a 10 00 00   # uid 1000, gid 1000, pid 4138
    00 00 00 00                             # extlen, padding
    01 00 00 00 00 00 00 00                 # fh 1
    ${byte(offset)} 00 00 00 00 00 00 00    # offset
    ${byte(size)} 00 00 00  ${readFlags} 00 00 00     # size, read_flags (LOCKOWNER)
    00 00 00 00 00 00 00 00                 # lock_owner
    00 80 00 00  00 00 00 00                # flags, padding
  `);
}

const release = wire(`
  40 00 00 00  12 00 00 00                  # len 64 (40 + 24), opcode 18
  14 00 00 00 00 00 00 00                   # unique 20
  03 00 00 00 00 00 00 00                   # nodeid 3
  00 00 00 00  00 00 00 00  00 00 00 00     # uid 0, gid 0, pid 0: nobody in particular
  00 00 00 00                               # extlen, padding
  01 00 00 00 00 00 00 00                   # fh 1
  00 80 00 00  00 00 00 00                  # flags, release_flags
  00 00 00 00 00 00 00 00                   # lock_owner
`);

/** Opened as handle 1; each fresh text begins with another letter. */
function startReading(): Conversation {
  const conversation = startConversation();
  const letters = ['A', 'B', 'C', 'D'];
  conversation.text = () => `${letters.shift()}2345 789\n`;
  conversation.ask(openUptime);
  return conversation;
}

const wholeOfA = wire(`
  1a 00 00 00  00 00 00 00                  # len 26 (16 + 10), error 0
  12 00 00 00 00 00 00 00                   # unique 18
  41 32 33 34 35 20 37 38 39 0a             # "A2345 789\\n"
`);

const nothing = wire(`
  10 00 00 00  00 00 00 00                  # len 16: the end
  12 00 00 00 00 00 00 00                   # unique 18
`);

test('READ that fills the page cache is refused, and nothing is generated for it', () => {
  const { ask, reported } = startReading();
  expectBytes(
    ask(readOf(0, 255, '00')),
    wire(`
    10 00 00 00  ea ff ff ff                # len 16, error EINVAL
    12 00 00 00 00 00 00 00                 # unique 18
  `),
  );
  expectBytes(ask(readOf(0, 255)), wholeOfA);
  expect(reported).toEqual([]);
});

test('READ with room for all gives the whole text, then the end', () => {
  const { ask, reported } = startReading();
  expectBytes(ask(readOf(0, 255)), wholeOfA);
  expectBytes(ask(readOf(10, 255)), nothing);
  expectBytes(ask(readOf(10, 255)), nothing);
  expect(reported).toEqual([]);
});

test('READ piece by piece goes on in the text it began with', () => {
  const { ask } = startReading();
  expectBytes(
    ask(readOf(0, 4)),
    wire(`
    14 00 00 00  00 00 00 00                # len 20 (16 + 4), error 0
    12 00 00 00 00 00 00 00                 # unique 18
    41 32 33 34                             # "A234"
    `),
  );
  expectBytes(
    ask(readOf(4, 5)),
    wire(`
    15 00 00 00  00 00 00 00                # len 21 (16 + 5), error 0
    12 00 00 00 00 00 00 00                 # unique 18
    35 20 37 38 39                          # "5 789"
    `),
  );
  expectBytes(
    ask(readOf(9, 255)),
    wire(`
    11 00 00 00  00 00 00 00                # len 17 (16 + 1), error 0
    12 00 00 00 00 00 00 00                 # unique 18
    0a                                      # "\\n"
    `),
  );
  expectBytes(ask(readOf(10, 255)), nothing);
});

test('READ at another offset than where the last one ended gets a fresh text', () => {
  const { ask } = startReading();
  ask(readOf(0, 4));
  expectBytes(
    ask(readOf(7, 255)),
    wire(`
    13 00 00 00  00 00 00 00                # len 19 (16 + 3), error 0
    12 00 00 00 00 00 00 00                 # unique 18
    38 39 0a                                # "89\\n" of B
    `),
  );
  expect(ask(readOf(0, 1))?.toString('latin1', 16)).toBe('C');
});

test('READ at offset 0 again gets a fresh text', () => {
  const { ask } = startReading();
  expectBytes(ask(readOf(0, 255)), wholeOfA);
  expectBytes(
    ask(readOf(0, 255)),
    wire(`
    1a 00 00 00  00 00 00 00                # len 26 (16 + 10), error 0
    12 00 00 00 00 00 00 00                 # unique 18
    42 32 33 34 35 20 37 38 39 0a           # "B2345 789\\n"
    `),
  );
});

test('READ far behind the end gives nothing', () => {
  expectBytes(startReading().ask(readOf(200, 255)), nothing);
});

test('READ of more than the reply has room for gives what fits', () => {
  const conversation = startConversation(20);
  conversation.text = () => 'A2345 789\n';
  expect(conversation.ask(readOf(0, 255))?.toString('latin1', 16)).toBe('A234');
  expect(conversation.ask(readOf(4, 255))?.toString('latin1', 16)).toBe('5 78');
});

test('RELEASE is answered, and what comes after it starts afresh', () => {
  const { ask } = startReading();
  ask(readOf(0, 4));
  expectBytes(
    ask(release),
    wire(`
    10 00 00 00  00 00 00 00                # len 16, error 0
    14 00 00 00 00 00 00 00                 # unique 20
    `),
  );
  expect(ask(readOf(4, 2))?.toString('latin1', 16)).toBe('5 ');
  expect(ask(readOf(0, 1))?.toString('latin1', 16)).toBe('C');
});

test('READ whose text cannot be made is EIO and reported once', () => {
  const conversation = startReading();
  const cause = new TypeError('Cannot read properties of undefined');
  conversation.text = () => {
    throw cause;
  };
  expectBytes(
    conversation.ask(readOf(0, 255)),
    wire(`
    10 00 00 00  fb ff ff ff                # len 16, error -5 (EIO)
    12 00 00 00 00 00 00 00                 # unique 18
    `),
  );
  expect(conversation.reported).toEqual([cause]);
});
