import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { SharedLock } from '../../../src/shared/lock.ts';

const thread = new URL('./lock-thread.mjs', import.meta.url);
const LOCK = 0;
const COUNTER = 1;

function makeWords(): Int32Array {
  return new Int32Array(new SharedArrayBuffer(16));
}

interface Part {
  readonly words: Int32Array;
  readonly owner: number;
  readonly turns: number;
  readonly dies: boolean;
}

/** Resolves when the thread has ended; rejects when it threw. */
async function runThread(part: Part): Promise<void> {
  await once(new Worker(thread, { workerData: part }), 'exit');
}

test('run() lets one thread in at a time', { timeout: 30_000 }, async () => {
  const words = makeWords();
  const turns = 20_000;
  const owners = [1, 2, 3];
  await Promise.all(owners.map((owner) => runThread({ words, owner, turns, dies: false })));
  expect(words[COUNTER]).toBe(turns * owners.length);
  expect(words[LOCK]).toBe(0);
});

test('break() lets the others in when a thread died inside', { timeout: 30_000 }, async () => {
  const words = makeWords();
  const lock = new SharedLock(words, LOCK, 9);
  await runThread({ words, owner: 2, turns: 1, dies: true });
  expect(lock.isHeldBy(2)).toBe(true);
  expect(lock.isHeldBy(1)).toBe(false);
  const waiting = runThread({ words, owner: 1, turns: 10, dies: false });
  const first = await Promise.race([
    waiting,
    new Promise((resolve) => setTimeout(resolve, 50, 'waits')),
  ]);
  expect(first).toBe('waits');
  lock.break();
  await waiting;
  expect(words[COUNTER]).toBe(11);
  expect(lock.isHeldBy(2)).toBe(false);
});

test('run() gives back what the section returns', () => {
  const words = makeWords();
  const lock = new SharedLock(words, LOCK, 5);
  const seen = lock.run(() => words[LOCK]);
  expect(seen).toBe(5);
  expect(words[LOCK]).toBe(0);
});

test('run() frees the lock when the section throws', () => {
  const words = makeWords();
  const lock = new SharedLock(words, LOCK, 5);
  expect(() =>
    lock.run(() => {
      throw new RangeError('inside');
    }),
  ).toThrow('inside');
  expect(words[LOCK]).toBe(0);
  expect(lock.run(() => 'free')).toBe('free');
});
