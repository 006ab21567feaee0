import { openSync } from 'node:fs';
import { afterEach, expect, test, vi } from 'vitest';
import { encodeErrorReply } from '../../../src/fuse/session.ts';
import { closeFd } from '../../../src/kernel/process.ts';
import { makeTeardown } from '../../support/teardown.ts';
import { makePoolScene, type PoolScene } from './pool-scene.ts';

vi.setConfig({ testTimeout: 30_000 });
const teardown = makeTeardown();
afterEach(() => teardown.run());

function startAll({ pool }: PoolScene): void {
  void pool.prepare().catch(() => {});
  pool.open([]);
}

test('prepare() starts all threads, and ended resolves when all have ended', async () => {
  const scene = makePoolScene({ count: 2, failures: 0 }, teardown);
  startAll(scene);
  expect(scene.pool.living()).toBe(2);
  await scene.untilStarted(2);
  const early = await Promise.race([scene.pool.ended, Promise.resolve('serving')]);
  expect(early).toBe('serving');
  scene.letEnd();
  await scene.pool.ended;
  expect(scene.pool.living()).toBe(0);
  expect(scene.starts()).toBe(2);
  expect(scene.logged.filter(({ level }) => level > 20)).toEqual([]);
});

test('what threads post is logged, with the thread it is from', async () => {
  const scene = makePoolScene({ count: 1, failures: 0 }, teardown);
  startAll(scene);
  await vi.waitUntil(() => scene.logged.length > 0, { timeout: 20_000 });
  expect(scene.logged).toMatchObject([{ level: 20, msg: 'start 0', thread: 1, worker: 0 }]);
  scene.letEnd();
  await scene.pool.ended;
});

test('a thread that throws is replaced, and its request goes to the one that replaces it', async () => {
  const scene = makePoolScene({ count: 2, failures: 1 }, teardown);
  startAll(scene);
  await scene.untilStarted(3);
  const failed = scene.logged.find(({ msg }) => msg.startsWith('lost a worker'));
  expect(failed).toMatchObject({ level: 50, err: { message: 'failure 0' }, hasLeft: true });
  expect(scene.poison.deathsOf(100n)).toBe(1);
  const got = () => scene.logged.find(({ msg }) => msg.startsWith('got what was left'));
  await vi.waitUntil(() => got() !== undefined, { timeout: 20_000 });
  expect(got()).toMatchObject({ unique: 100, worker: failed?.['worker'] });
  expect(scene.recovered).toEqual([Number(failed?.['worker']) + 1]);
  expect(scene.pool.living()).toBe(2);
  expect(scene.journal.unanswered()).toEqual([]);
  scene.letEnd();
  await scene.pool.ended;
  expect(scene.answers()).toHaveLength(0);
});

test.each([
  ['throws', false, 0],
  ['runs out of memory', true, 1],
])('of a thread that %s, the pool knows whether fds are lost', async (_, isOutOfMemory, times) => {
  const scene = makePoolScene({ count: 1, failures: 1, isOutOfMemory }, teardown);
  startAll(scene);
  await scene.untilStarted(2);
  expect(scene.logged.filter(({ msg }) => msg.startsWith('lost a worker'))).toHaveLength(1);
  expect(scene.lost.times).toBe(times);
  scene.letEnd();
  await scene.pool.ended;
});

test('a thread that fails again and again is replaced more and more slowly', async () => {
  const scene = makePoolScene({ count: 1, failures: 5 }, teardown);
  const startedAt = performance.now();
  startAll(scene);
  await scene.untilStarted(1);
  await vi.waitUntil(() => scene.poison.deathsOf(100n) > 0, { timeout: 20_000 });
  // Whoever comes after the server would find it: until somebody has answered it, it is there.
  for (;;) {
    const left = scene.journal.unanswered();
    if (scene.starts() === 6) break;
    expect(left).toEqual([1]);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  // 10 + 20 + 40 + 80 + 160 ms, less a timer's rounding.
  expect(performance.now() - startedAt).toBeGreaterThan(300);
  await vi.waitUntil(() => scene.journal.unanswered().length === 0, { timeout: 20_000 });
  expect(scene.logged.find(({ msg }) => msg.startsWith('got what'))).toMatchObject({ unique: 100 });
  // No thread came so far that what happened could be the request's doing.
  expect(scene.poison.deathsOf(100n)).toBe(1);
  scene.letEnd();
  await scene.pool.ended;
});

test('stopReplacing() leaves a thread that fails afterwards dead, its request refused', async () => {
  const scene = makePoolScene({ count: 1, failures: 1 }, teardown);
  startAll(scene);
  scene.pool.stopReplacing();
  await scene.pool.ended;
  expect(scene.starts()).toBe(1);
  expect(scene.answers()).toEqual(encodeErrorReply(100n));
});

test('stopReplacing() while no thread lives ends the pool, whatever was to be replaced', async () => {
  const scene = makePoolScene({ count: 1, failures: 50 }, teardown);
  startAll(scene);
  await vi.waitUntil(() => scene.pool.living() === 0, { timeout: 20_000, interval: 1 });
  scene.pool.stopReplacing();
  await scene.pool.ended;
  expect(scene.answers()).toEqual(encodeErrorReply(100n));
  expect(scene.journal.unanswered()).toEqual([]);
  const starts = scene.starts();
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(scene.starts()).toBe(starts);
});

test('a lost request that cannot be refused is logged', async () => {
  const fuseFd = openSync('/dev/null', 'r');
  teardown.add(() => closeFd(fuseFd));
  const scene = makePoolScene({ count: 1, failures: 1, fuseFd }, teardown);
  startAll(scene);
  scene.pool.stopReplacing();
  await scene.pool.ended;
  const failed = scene.logged.find(({ msg }) => msg.startsWith('could not answer'));
  expect(failed).toMatchObject({ level: 50, unique: 100, err: { code: 'EBADF' } });
});

test('a module that is not there is tried again, and does not end the pool', async () => {
  const scene = makePoolScene({ count: 1, failures: 0, module: './not-there.mjs' }, teardown);
  startAll(scene);
  const losses = () => scene.logged.filter(({ msg }) => msg.startsWith('lost a worker'));
  await vi.waitUntil(() => losses().length === 3, { timeout: 20_000 });
  scene.pool.stopReplacing();
  await scene.pool.ended;
  expect(losses()[0]).toMatchObject({ err: { message: expect.stringContaining('not-there') } });
});

test('open() has what lies in slots of no thread answered, each by one thread', async () => {
  const scene = makePoolScene({ count: 2, failures: 1 }, teardown);
  const { pool, journal } = scene;
  for (const slot of [0, 1, 7, 80]) journal.requestOf(slot).writeBigUInt64LE(BigInt(slot + 2), 8);
  void pool.prepare().catch(() => {});
  pool.open([0, 7, 80]);
  await vi.waitUntil(() => journal.unanswered().length === 0, { timeout: 20_000 });
  const left = () => scene.logged.filter(({ msg }) => msg.startsWith('got what was left'));
  await vi.waitUntil(() => left().length >= 4, { timeout: 20_000 });
  expect(scene.logged.filter(({ msg }) => msg.startsWith('lost a worker'))).toHaveLength(1);
  const uniques = left().map(({ unique }) => Number(unique));
  expect(uniques.filter((unique) => unique < 100).sort((a, b) => a - b)).toEqual([2, 3, 9, 82]);
  scene.letEnd();
  await pool.ended;
});

test("until open() the memory is the predecessor's", async () => {
  const scene = makePoolScene({ count: 2, failures: 0, module: './not-there.mjs' }, teardown);
  const { pool, journal } = scene;
  journal.requestOf(1).writeBigUInt64LE(8n, 8);
  journal.setRetired(1, true);
  await expect(pool.prepare()).rejects.toThrow('not-there');
  pool.abandon();
  await pool.ended;
  expect(journal.takenBy(1)).toBe(8n);
  expect(journal.slotOf(1).isRetired()).toBe(true);
  expect([scene.recovered, scene.poison.isEmpty(), scene.answers().length]).toEqual([[], true, 0]);
});

test('abandon() sends threads home that were ready', async () => {
  const scene = makePoolScene({ count: 2, failures: 0 }, teardown);
  const { pool, journal } = scene;
  journal.requestOf(2).writeBigUInt64LE(8n, 8);
  await pool.prepare();
  pool.abandon();
  await pool.ended;
  expect([scene.starts(), scene.recovered, scene.answers().length]).toEqual([0, [], 0]);
  expect(journal.unanswered()).toEqual([2]);
});

test('what a dead thread left makes none stuck, and without a living one nobody answers', async () => {
  const module = './not-there.mjs';
  const scene = makePoolScene({ count: 1, failures: 0, module }, teardown);
  const { pool, journal } = scene;
  startAll(scene);
  expect(pool.watch()).toBe(false);
  journal.requestOf(1).writeBigUInt64LE(6n, 8);
  const until = performance.now() + 1500;
  while (performance.now() < until) {
    expect([pool.watch(), pool.stuckCount(), pool.threads()]).toEqual([false, 0, [1]]);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  pool.stopReplacing();
  await pool.ended;
});

test('a thread that is stuck has a sibling until it works again', async () => {
  const scene = makePoolScene({ count: 1, failures: 0 }, teardown);
  const { pool, journal } = scene;
  startAll(scene);
  await scene.untilStarted(1);
  await vi.waitUntil(() => pool.watch(), { timeout: 20_000 });
  journal.requestOf(1).writeBigUInt64LE(6n, 8);
  const watched = () => [pool.watch(), pool.living()];
  expect(watched()).toEqual([true, 1]);
  await vi.waitUntil(() => !pool.watch() || pool.living() > 1, { timeout: 20_000 });
  expect(pool.threads()).toEqual([1, 2]);
  await scene.untilStarted(2);
  expect(watched()).toEqual([true, 2]);
  expect(pool.stuckCount()).toBe(1);
  journal.slotOf(1).end();
  await vi.waitUntil(() => pool.watch() && pool.living() === 1, { timeout: 20_000 });
  expect(pool.threads()).toEqual([1]);
  // And again, with the same number.
  journal.requestOf(1).writeBigUInt64LE(8n, 8);
  await vi.waitUntil(() => pool.watch() && pool.living() === 2, { timeout: 20_000 });
  expect(pool.threads()).toEqual([1, 2]);
  expect(scene.logged.filter(({ level }) => level >= 50)).toEqual([]);
  scene.letEnd();
  await pool.ended;
});
