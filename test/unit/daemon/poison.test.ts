import { expect, test } from 'vitest';
import { Poison } from '../../../src/daemon/poison.ts';

const secondUsec = 1e6;

function makePoison(memory = new SharedArrayBuffer(Poison.region.byteLength)): Poison {
  return new Poison(memory);
}

test('deathsOf() counts, whether the kernel sends the request again or not', () => {
  const poison = makePoison();
  expect(poison.isEmpty()).toBe(true);
  const unique = 2n ** 40n + 6n;
  poison.blame(unique);
  poison.blame(unique | (1n << 63n));
  expect(poison.isEmpty()).toBe(false);
  expect(poison.deathsOf(unique)).toBe(2);
  expect(poison.deathsOf(unique | (1n << 63n))).toBe(2);
  expect(poison.deathsOf(6n)).toBe(0);
});

test('of many requests the oldest are forgotten', () => {
  const poison = makePoison();
  for (let unique = 1n; unique <= 100n; unique++) poison.blame(unique * 2n);
  expect(poison.deathsOf(2n)).toBe(0);
  expect(poison.deathsOf(200n)).toBe(1);
});

test('a container is in quarantine after five deaths in a row, and nobody else', () => {
  const poison = makePoison();
  const innocents = [7, 8, 9, 10, 11];
  for (const [death, innocent] of innocents.entries()) {
    expect(poison.isQuarantined(5)).toBe(false);
    poison.blameContainers(new Set([5, innocent]), death * secondUsec);
  }
  expect(poison.isQuarantined(5)).toBe(true);
  expect(poison.quarantined()).toEqual([{ pidnsInode: 5, deaths: 5 }]);
  for (const innocent of [...innocents, undefined, 0]) {
    expect(poison.isQuarantined(innocent)).toBe(false);
  }
});

test('a death without the container, or a quiet minute, begins the count anew', () => {
  const poison = makePoison();
  const blame = (inodes: number[], sec: number) =>
    poison.blameContainers(new Set(inodes), sec * secondUsec);
  for (let death = 0; death < 4; death++) blame([5], death);
  blame([6], 4);
  for (let death = 5; death < 9; death++) blame([5], death);
  expect(poison.quarantined()).toEqual([]);
  blame([5], 100);
  expect(poison.quarantined()).toEqual([]);
});

test('of those that were at hand at one death, who still waits is not to blame for the next', () => {
  const memory = new SharedArrayBuffer(Poison.region.byteLength);
  const poison = makePoison(memory);
  expect([poison.blame(2n, 0), poison.blame(4n, 1)]).toEqual([true, true]);
  const begin = performance.now();
  poison.awaitTurn(2n);
  expect(performance.now() - begin).toBeLessThan(10);
  // A thread that waits is one that died while it did.
  new Int32Array(memory, 0, 264)[4 + 4 + 3] = -1;
  expect([poison.blame(2n, 0), poison.blame(4n, 1)]).toEqual([true, false]);
  expect([poison.deathsOf(2n), poison.deathsOf(4n)]).toEqual([2, 1]);
  const again = performance.now();
  poison.awaitTurn(4n);
  expect(performance.now() - again).toBeGreaterThan(15);
  expect(poison.blame(4n)).toBe(true);
});

test('what was blamed is there for the next server, and release() ends it', () => {
  const memory = new SharedArrayBuffer(Poison.region.byteLength);
  for (let death = 0; death < 5; death++) makePoison(memory).blameContainers(new Set([5]), death);
  const poison = makePoison(memory);
  expect(poison.isQuarantined(5)).toBe(true);
  poison.release();
  expect(makePoison(memory).isQuarantined(5)).toBe(false);
});

test('more containers than there are rows are no error', () => {
  const poison = makePoison();
  const many = new Set(Array.from({ length: 500 }, (_, index) => index + 1));
  for (let death = 0; death < 6; death++) poison.blameContainers(many, death);
  expect(poison.quarantined().length).toBeGreaterThan(0);
});

test('requests of the two connections with the same number are two', () => {
  const memory = new SharedArrayBuffer(Poison.region.byteLength);
  const tree = new Poison(memory);
  const pressure = new Poison(memory, 'pressure');
  for (const poison of [tree, tree, pressure]) poison.blame(42n);
  expect([tree.deathsOf(42n), pressure.deathsOf(42n)]).toEqual([2, 1]);
});

test('forgetRequests() makes the numbers those of a new connection', () => {
  const poison = makePoison();
  poison.blame(42n);
  poison.forgetRequests();
  expect(poison.deathsOf(42n)).toBe(0);
  expect(poison.isEmpty()).toBe(true);
});

test('a container that got the number of one in quarantine is not in it', () => {
  const poison = makePoison();
  for (let death = 1; death <= 5; death++) {
    poison.blameContainers(new Set([5]), death * secondUsec);
  }
  expect(poison.isQuarantined(5, secondUsec)).toBe(true);
  expect(poison.isQuarantined(5, 6 * secondUsec)).toBe(false);
});
