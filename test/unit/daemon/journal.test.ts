import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { afterEach, expect, test } from 'vitest';
import { Journal, mostThreads } from '../../../src/daemon/journal.ts';
import { makeTeardown } from '../../support/teardown.ts';

const teardown = makeTeardown();
afterEach(() => teardown.run());

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

test('move() gives a request to another slot, whole', () => {
  const journal = new Journal(makeMemory());
  const request = journal.requestOf(70);
  request.fill('x');
  journal.requestOf(2).fill('y').writeBigUInt64LE(0n, 8);
  const whole = Buffer.from(request);
  expect(journal.move(70, 2)).toBe(true);
  expect(journal.unanswered()).toEqual([2]);
  expect(journal.requestOf(2).equals(whole)).toBe(true);
  expect(journal.move(70, 2)).toBe(false);
});

test('move() never shows half of a request', async () => {
  const memory = makeMemory();
  const journal = new Journal(memory);
  const uniques = new BigUint64Array(memory);
  const mover = new Worker(new URL('moving-thread.mjs', import.meta.url), { workerData: memory });
  teardown.add(() => mover.terminate());
  await once(mover, 'message');
  const uniqueAt = (journal.requestOf(2).byteOffset + 8) / 8;
  let seen = 0;
  for (const until = performance.now() + 500; performance.now() < until; ) {
    const unique = Atomics.load(uniques, uniqueAt);
    const body = Buffer.from(journal.requestOf(2).subarray(16));
    // The same before and after: all the time there was this one.
    if (unique === 0n || Atomics.load(uniques, uniqueAt) !== unique) continue;
    const isWhole = body.equals(Buffer.alloc(body.length, Number(unique % 256n)));
    expect({ unique, isWhole }).toEqual({ unique, isWhole: true });
    seen++;
  }
  expect(seen).toBeGreaterThan(100);
});

test('touch() changes nothing', () => {
  const journal = new Journal(makeMemory());
  journal.requestOf(3).fill(0xa5);
  journal.touch(3);
  expect(journal.requestOf(3).every((byte) => byte === 0xa5)).toBe(true);
});
