import { expect, test } from 'vitest';
import { Journal, mostThreads } from '../../../src/daemon/journal.ts';

function makeMemory(): SharedArrayBuffer {
  return new SharedArrayBuffer(Journal.region('journal').byteLength);
}

function take(journal: Journal, thread: number, unique: bigint): void {
  journal.requestOf(thread).writeBigUInt64LE(unique, 8);
}

test('a request is unanswered from when it is read into its slot until end()', () => {
  const journal = new Journal(makeMemory());
  expect(journal.unanswered()).toEqual([]);
  take(journal, 2, 5n);
  take(journal, mostThreads, 2n ** 64n - 2n);
  expect(journal.unanswered()).toEqual([2, mostThreads]);
  expect(journal.takenBy(mostThreads)).toBe(2n ** 64n - 2n);
  journal.slotOf(2).end();
  expect(journal.unanswered()).toEqual([mostThreads]);
  expect([journal.answeredBy(2), journal.answeredBy(3), journal.answered()]).toEqual([1, 0, 1]);
});

test('forget() takes a request off the record and does not count it as answered', () => {
  const journal = new Journal(makeMemory());
  take(journal, 0, 2n ** 32n);
  journal.forget(0);
  expect(journal.unanswered()).toEqual([]);
  expect(journal.answered()).toBe(0);
});

test('whoever comes next finds the whole request', () => {
  const memory = makeMemory();
  const { request } = new Journal(memory).slotOf(1);
  request.fill('x').writeUInt32LE(48, 0);
  take(new Journal(memory), 1, 7n);
  expect(new Journal(memory).requestOf(1).equals(request)).toBe(true);
});
