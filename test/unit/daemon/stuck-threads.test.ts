import { expect, test } from 'vitest';
import { Journal } from '../../../src/daemon/journal.ts';
import { StuckThreads } from '../../../src/daemon/stuck-threads.ts';

function makeScene() {
  const journal = new Journal(new SharedArrayBuffer(Journal.region('journal').byteLength));
  const take = (thread: number, unique: bigint) =>
    journal.requestOf(thread).writeBigUInt64LE(unique, 8);
  return { journal, take, stuck: new StuckThreads(journal) };
}

test('a thread is stuck that is at one request for a second, and told of once', () => {
  const { take, stuck } = makeScene();
  take(1, 10n);
  expect(stuck.look([1, 2], 0)).toEqual({ count: 0, begun: [] });
  expect(stuck.look([1, 2], 999)).toEqual({ count: 0, begun: [] });
  expect(stuck.look([1, 2], 1000)).toEqual({ count: 1, begun: [1] });
  expect(stuck.look([1, 2], 1250)).toEqual({ count: 1, begun: [] });
  expect(stuck.count()).toBe(1);
  expect(stuck.busyMsec(1, 1300)).toBe(1300);
  expect(stuck.busyMsec(2, 1300)).toBe(0);
});

test('a thread that answered is not stuck, also when it is at the next request already', () => {
  const { journal, take, stuck } = makeScene();
  take(1, 10n);
  stuck.look([1], 0);
  journal.slotOf(1).end();
  take(1, 12n);
  expect(stuck.look([1], 2000).count).toBe(0);
  expect(stuck.look([1], 2999).count).toBe(0);
  expect(stuck.look([1], 3000).count).toBe(1);
  journal.slotOf(1).end();
  expect(stuck.look([1], 3001).count).toBe(0);
});

test('forget() forgets a thread that ended', () => {
  const { take, stuck } = makeScene();
  take(3, 10n);
  stuck.look([3], 0);
  stuck.look([3], 1500);
  stuck.forget(3);
  expect(stuck.count()).toBe(0);
});
