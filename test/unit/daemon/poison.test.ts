import { expect, test } from 'vitest';
import { Poison } from '../../../src/daemon/poison.ts';

function makePoison(memory = new SharedArrayBuffer(Poison.region.byteLength)): Poison {
  return new Poison(memory);
}

/** It was at hand, alone, and had begun. */
function die(poison: Poison, unique: bigint): boolean {
  poison.awaitTurn(unique);
  return poison.blame(unique);
}

test('deathsOf() counts, whether the kernel sends the request again or not', () => {
  const poison = makePoison();
  expect(poison.isEmpty()).toBe(true);
  const unique = 2n ** 40n + 6n;
  die(poison, unique);
  die(poison, unique | (1n << 63n));
  expect(poison.isEmpty()).toBe(false);
  expect(poison.deathsOf(unique)).toBe(2);
  expect(poison.deathsOf(unique | (1n << 63n))).toBe(2);
  expect(poison.deathsOf(6n)).toBe(0);
});

test('blame() tells of the death at which a request turns out to be poison, and of no other', () => {
  const poison = makePoison();
  expect([1, 2, 3].map(() => die(poison, 6n))).toEqual([false, true, false]);
  expect(poison.deathsOf(6n)).toBe(3);
});

test('of many requests the oldest are forgotten', () => {
  const poison = makePoison();
  for (let unique = 1n; unique <= 100n; unique++) poison.blame(unique * 2n);
  expect(poison.deathsOf(2n)).toBe(0);
  expect(poison.deathsOf(200n)).toBe(1);
});

test('what was at hand at one death has its turn, and until then is not to blame for the next', () => {
  const poison = makePoison();
  poison.blame(2n, 0);
  poison.blame(4n, 1);
  poison.awaitTurn(2n);
  expect([poison.blame(2n, 0), poison.blame(4n, 1)]).toEqual([true, false]);
  expect([poison.deathsOf(2n), poison.deathsOf(4n)]).toEqual([2, 1]);
  poison.awaitTurn(4n);
  expect(poison.blame(4n)).toBe(true);
});

test('awaitTurn() lets those go first that were noted before', () => {
  const poison = makePoison();
  poison.blame(2n, 0);
  poison.blame(4n, 1);
  poison.blame(6n, 500);
  const waitMsec = (unique: bigint) => {
    const begin = performance.now();
    poison.awaitTurn(unique);
    return performance.now() - begin;
  };
  expect(waitMsec(2n)).toBeLessThan(10);
  expect(waitMsec(4n)).toBeGreaterThan(15);
  expect(waitMsec(6n)).toBeGreaterThan(150);
  // Once.
  expect(waitMsec(6n)).toBeLessThan(10);
  expect(waitMsec(8n)).toBeLessThan(10);
});

test('what was blamed is there for the next server', () => {
  const memory = new SharedArrayBuffer(Poison.region.byteLength);
  die(makePoison(memory), 42n);
  for (let charge = 1; charge <= 3; charge++) makePoison(memory).quarantine.charge(5, charge);
  expect(makePoison(memory).deathsOf(42n)).toBe(1);
  expect(makePoison(memory).quarantine.has(5)).toBe(true);
});

test('requests of the two connections with the same number are two', () => {
  const memory = new SharedArrayBuffer(Poison.region.byteLength);
  const tree = new Poison(memory);
  const pressure = new Poison(memory, 'pressure');
  for (const poison of [tree, tree, pressure]) die(poison, 42n);
  expect([tree.deathsOf(42n), pressure.deathsOf(42n)]).toEqual([2, 1]);
});

test('forgetRequests() makes the numbers those of a new connection, the other one keeps its own', () => {
  const memory = new SharedArrayBuffer(Poison.region.byteLength);
  const tree = new Poison(memory);
  const pressure = new Poison(memory, 'pressure');
  tree.blame(42n);
  pressure.blame(42n);
  pressure.forgetRequests();
  expect([tree.deathsOf(42n), pressure.deathsOf(42n)]).toEqual([1, 0]);
  expect(tree.isEmpty()).toBe(false);
  tree.forgetRequests();
  expect([tree.deathsOf(42n), tree.isEmpty()]).toEqual([0, true]);
});
