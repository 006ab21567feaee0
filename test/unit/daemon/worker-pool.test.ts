import { openSync } from 'node:fs';
import { afterEach, expect, test, vi } from 'vitest';
import { encodeErrorReply } from '../../../src/fuse/session.ts';
import { closeFd } from '../../../src/kernel/process.ts';
import { makeTeardown } from '../../support/teardown.ts';
import { makePoolScene } from './pool-scene.ts';

vi.setConfig({ testTimeout: 30_000 });
const teardown = makeTeardown();
afterEach(() => teardown.run());

test('startAll() starts all threads, and ended resolves when all have ended', async () => {
  const scene = makePoolScene({ count: 2, failures: 0 }, teardown);
  scene.pool.startAll();
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
  scene.pool.startAll();
  await vi.waitUntil(() => scene.logged.length > 0, { timeout: 20_000 });
  expect(scene.logged).toMatchObject([{ level: 20, msg: 'start 0', thread: 1, worker: 0 }]);
  scene.letEnd();
  await scene.pool.ended;
});

test('a thread that throws is replaced, and its request answered with EIO once', async () => {
  const scene = makePoolScene({ count: 2, failures: 1 }, teardown);
  scene.pool.startAll();
  await scene.untilStarted(3);
  const failed = scene.logged.find(({ msg }) => msg.startsWith('lost a worker'));
  expect(failed).toMatchObject({ level: 50, err: { message: 'failure 0' } });
  expect(scene.answers()).toEqual(encodeErrorReply(100n));
  expect(scene.control.isIdle()).toBe(true);
  const lost = scene.logged.find(({ msg }) => msg.startsWith('answered a lost request'));
  expect(lost).toMatchObject({ level: 40, unique: 100 });
  expect(scene.recovered).toEqual([Number(failed?.['worker']) + 1]);
  expect(scene.pool.living()).toBe(2);
  scene.letEnd();
  await scene.pool.ended;
  expect(scene.answers()).toHaveLength(0);
});

test('a thread that fails again and again is replaced more and more slowly', async () => {
  const scene = makePoolScene({ count: 1, failures: 5 }, teardown);
  const startedAt = performance.now();
  scene.pool.startAll();
  await scene.untilStarted(6);
  // 10 + 20 + 40 + 80 + 160 ms, less a timer's rounding.
  expect(performance.now() - startedAt).toBeGreaterThan(300);
  const uniques = [100n, 101n, 102n, 103n, 104n];
  expect(scene.answers()).toEqual(Buffer.concat(uniques.map(encodeErrorReply)));
  scene.letEnd();
  await scene.pool.ended;
});

test('stopReplacing() leaves a thread that fails afterwards dead, its request answered', async () => {
  const scene = makePoolScene({ count: 1, failures: 1 }, teardown);
  scene.pool.startAll();
  scene.pool.stopReplacing();
  await scene.pool.ended;
  expect(scene.starts()).toBe(1);
  expect(scene.answers()).toEqual(encodeErrorReply(100n));
});

test('stopReplacing() while no thread lives ends the pool, whatever was to be replaced', async () => {
  const scene = makePoolScene({ count: 1, failures: 50 }, teardown);
  scene.pool.startAll();
  await vi.waitUntil(() => scene.pool.living() === 0, { timeout: 20_000, interval: 1 });
  scene.pool.stopReplacing();
  await scene.pool.ended;
  const starts = scene.starts();
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(scene.starts()).toBe(starts);
});

test('a lost request that cannot be answered is logged, and the thread replaced', async () => {
  const fuseFd = openSync('/dev/null', 'r');
  teardown.add(() => closeFd(fuseFd));
  const scene = makePoolScene({ count: 1, failures: 1, fuseFd }, teardown);
  scene.pool.startAll();
  await scene.untilStarted(2);
  const failed = scene.logged.find(({ msg }) => msg.startsWith('could not answer'));
  expect(failed).toMatchObject({ level: 50, unique: 100, err: { code: 'EBADF' } });
  scene.letEnd();
  await scene.pool.ended;
});

test('a module that is not there is tried again, and does not end the pool', async () => {
  const scene = makePoolScene({ count: 1, failures: 0, module: './not-there.mjs' }, teardown);
  scene.pool.startAll();
  const losses = () => scene.logged.filter(({ msg }) => msg.startsWith('lost a worker'));
  await vi.waitUntil(() => losses().length === 3, { timeout: 20_000 });
  scene.pool.stopReplacing();
  await scene.pool.ended;
  expect(losses()[0]).toMatchObject({ err: { message: expect.stringContaining('not-there') } });
});
