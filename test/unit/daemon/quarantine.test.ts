import { expect, test } from 'vitest';
import { Quarantine } from '../../../src/daemon/quarantine.ts';

const secondUsec = 1e6;
const hourUsec = 3600 * secondUsec;

function makeQuarantine(): Quarantine {
  return new Quarantine(new SharedArrayBuffer(Quarantine.byteLength), 0);
}

function chargeAt(quarantine: Quarantine, pidnsInode: number, ...timesUsec: number[]): boolean[] {
  return timesUsec.map((timeUsec) => quarantine.charge(pidnsInode, timeUsec));
}

test('a container is in quarantine after three of its requests, and nobody else', () => {
  const quarantine = makeQuarantine();
  for (let sec = 1; sec <= 3; sec++) {
    expect(quarantine.has(5)).toBe(false);
    chargeAt(quarantine, 5, sec * secondUsec);
    chargeAt(quarantine, 100 + sec, sec * secondUsec);
  }
  expect(quarantine.has(5)).toBe(true);
  expect(quarantine.list()).toEqual([{ pidnsInode: 5, lastUsec: 3 * secondUsec }]);
  for (const innocent of [101, 102, 103, undefined, 0])
    expect(quarantine.has(innocent)).toBe(false);
});

test('requests more than an hour apart are no series', () => {
  const quarantine = makeQuarantine();
  chargeAt(quarantine, 5, hourUsec, 1.5 * hourUsec, 3 * hourUsec, 3.5 * hourUsec);
  expect(quarantine.has(5)).toBe(false);
  chargeAt(quarantine, 5, 4 * hourUsec);
  expect(quarantine.has(5)).toBe(true);
});

test('who is in quarantine stays there, however quiet it is', () => {
  const quarantine = makeQuarantine();
  expect(chargeAt(quarantine, 5, 1, 2, 3)).toEqual([false, false, true]);
  expect(quarantine.has(5)).toBe(true);
  expect(chargeAt(quarantine, 5, 3 * hourUsec)).toEqual([false]);
  expect(quarantine.has(5)).toBe(true);
});

test('a namespace that gets the inode of another one has nothing of what was before it', () => {
  const quarantine = makeQuarantine();
  chargeAt(quarantine, 5, ...[1, 2, 3].map((sec) => sec * secondUsec));
  const oldStartUsec = 0.5 * secondUsec;
  const newStartUsec = 10 * secondUsec;
  expect([quarantine.has(5, oldStartUsec), quarantine.has(5, newStartUsec)]).toEqual([true, false]);
  // One request, or two, are not enough for it either.
  for (const sec of [11, 12]) {
    chargeAt(quarantine, 5, sec * secondUsec);
    expect(quarantine.has(5, newStartUsec)).toBe(false);
  }
  chargeAt(quarantine, 5, 13 * secondUsec);
  expect(quarantine.has(5, newStartUsec)).toBe(true);
});

test('charges of namespaces that have ended do not add up', () => {
  const quarantine = makeQuarantine();
  for (let sec = 1; sec <= 20; sec++) {
    const startUsec = sec * secondUsec;
    chargeAt(quarantine, 5, startUsec + 1000);
    expect(quarantine.has(5, startUsec)).toBe(false);
  }
});

test('release() gives all their own files again, and the count begins anew', () => {
  const quarantine = makeQuarantine();
  chargeAt(quarantine, 5, 1, 2, 3);
  quarantine.release();
  expect([quarantine.has(5), quarantine.list()]).toEqual([false, []]);
  chargeAt(quarantine, 5, 4, 5);
  expect(quarantine.has(5)).toBe(false);
});

test('of more containers than there are rows, those charged last are known', () => {
  const quarantine = makeQuarantine();
  chargeAt(quarantine, 5, 1, 2, 3);
  for (let inode = 100; inode < 600; inode++) chargeAt(quarantine, inode, inode);
  expect(quarantine.has(5)).toBe(true);
  chargeAt(quarantine, 599, 601, 602);
  expect(quarantine.has(599)).toBe(true);
  for (let inode = 1000; inode < 1100; inode++) chargeAt(quarantine, inode, inode, inode, inode);
  expect([quarantine.has(5), quarantine.has(1099)]).toEqual([false, true]);
  expect(quarantine.list()).toHaveLength(64);
});
