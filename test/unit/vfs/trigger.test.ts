import { expect, test } from 'vitest';
import { parseTrigger, renderTrigger } from '../../../src/vfs/trigger.ts';

const some = { kind: 'some', thresholdUsec: 150_000, windowUsec: 2_000_000 } as const;

test.each([
  ['as documented', 'some 150000 2000000'],
  ['with a newline', 'some 150000 2000000\n'],
  ['with a NUL, and something behind it', 'some 150000 2000000\0 7'],
  ['with more blanks, and none behind the word', 'some150000 \t\v\f\r\xa0 2000000'],
  ['with more behind it', 'some 150000 2000000 rest'],
  ['with numbers above 32 bits', 'some 4295117296 4296967296'],
])('parseTrigger() reads a text %s', (_case, text) => {
  expect(parseTrigger(Buffer.from(text, 'latin1'))).toEqual(some);
});

test.each([
  ['nothing', ''],
  ['another word', 'none 150000 2000000'],
  ['a word in capitals', 'SOME 150000 2000000'],
  ['a blank in front', ' some 150000 2000000'],
  ['one number', 'some 150000'],
  ['a sign', 'some -150000 2000000'],
  ['hexadecimal', 'some 0x100 0x200'],
  ['numbers beyond the first 31 bytes', `some${' '.repeat(27)}150000 2000000`],
])('parseTrigger() refuses %s', (_case, text) => {
  expect(parseTrigger(Buffer.from(text, 'latin1'))).toBeUndefined();
});

test('renderTrigger() writes what the kernel reads', () => {
  expect(renderTrigger({ ...some, kind: 'full' })).toBe('full 150000 2000000\n');
});
