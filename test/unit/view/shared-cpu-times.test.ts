import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { describe, expect, test } from 'vitest';
import type { RowKey } from '../../../src/shared/keyed-rows.ts';
import { SharedCpuTimes } from '../../../src/view/shared-cpu-times.ts';

const secret = { low: 7, high: 8 };

function sampleOf(userUsec: number, ageUsec: number) {
  const usage = { kind: 'total' as const, userUsec, niceUsec: 0, systemUsec: 0 };
  return { ageUsec, cpus: [0], usage, startedAtSec: 1 };
}

/** User ticks after a reading. */
function userTicks(times: SharedCpuTimes, key: RowKey, userUsec: number, ageUsec: number) {
  return times.advance(key, () => sampleOf(userUsec, ageUsec))?.ticks[0];
}

describe('SharedCpuTimes', () => {
  test('goes on where another thread was', () => {
    const buffer = SharedCpuTimes.allocate(2, secret);
    const [one, other] = [new SharedCpuTimes(buffer, 1), new SharedCpuTimes(buffer, 2)];
    expect(one.keyOf('a', 1)).toEqual(other.keyOf('a', 1));
    expect(userTicks(one, one.keyOf('a', 1), 500_000, 1e6)).toBe(50);
    // The cgroup began anew: only what came before, and from then on, counts.
    expect(userTicks(other, other.keyOf('a', 1), 0, 2e6)).toBe(50);
    expect(userTicks(one, one.keyOf('a', 1), 70_000, 3e6)).toBe(57);
  });

  test('keeps containers apart, thousands of them', () => {
    const times = new SharedCpuTimes(SharedCpuTimes.allocate(2, secret), 1);
    const keys = Array.from({ length: 1500 }, (_, index) =>
      times.keyOf(`container ${index}`, index),
    );
    for (const [index, key] of keys.entries()) userTicks(times, key, index * 10_000, 1e9);
    for (const [index, key] of keys.entries()) {
      expect(userTicks(times, key, index * 10_000, 2e9)).toBe(index);
    }
  });

  test('changes nothing when the sample cannot be taken', () => {
    const times = new SharedCpuTimes(SharedCpuTimes.allocate(2, secret), 1);
    const key = times.keyOf('a', 1);
    userTicks(times, key, 10_000, 1e6);
    expect(times.advance(key, () => undefined)).toBeUndefined();
    expect(() =>
      times.advance(key, () => {
        throw new RangeError('no cgroup');
      }),
    ).toThrow('no cgroup');
    expect(userTicks(times, key, 30_000, 2e6)).toBe(3);
  });

  test('is of bounded size on hosts with very many CPUs', () => {
    expect(SharedCpuTimes.allocate(8192, secret).byteLength).toBeLessThan(300 * 1024 * 1024);
  });
});

describe('SharedCpuTimes without room', () => {
  test('forgets the container that was not read for longest', () => {
    const times = new SharedCpuTimes(SharedCpuTimes.allocate(2, secret), 1);
    const sameSet = (index: number) => ({ low: index * 2 + 1, high: 128 * index, owner: index });
    for (let index = 0; index < 32; index++) userTicks(times, sameSet(index), 1e6, 1e9);
    userTicks(times, sameSet(0), 1e6, 2e9);
    userTicks(times, sameSet(32), 1e6, 1e9);
    // A container that is remembered does not add counters that began anew.
    expect(userTicks(times, sameSet(0), 0, 3e9)).toBe(100);
    expect(userTicks(times, sameSet(31), 0, 3e9)).toBe(100);
    expect(userTicks(times, sameSet(1), 0, 3e9)).toBe(0);
  });

  test('forgets nobody else for one who makes containers without end', () => {
    const times = new SharedCpuTimes(SharedCpuTimes.allocate(2, secret), 1);
    const innocent = Array.from({ length: 1000 }, (_, index) => times.keyOf(`${index}`, index));
    for (const key of innocent) userTicks(times, key, 1e6, 1e9);
    for (let index = 0; index < 20_000; index++) {
      userTicks(times, times.keyOf(`nested ${index}`, -7), 1e6, 1e9);
    }
    // Counters that began anew: of who was forgotten they would show 0.
    for (const key of innocent) expect(userTicks(times, key, 0, 2e9)).toBe(100);
  });
});

const threadUrl = new URL('./cpu-times-thread.mjs', import.meta.url);

interface Shared {
  readonly buffer: SharedArrayBuffer;
  readonly kernel: BigInt64Array;
}

function makeShared(): Shared {
  const kernel = new BigInt64Array(new SharedArrayBuffer(16));
  return { buffer: SharedCpuTimes.allocate(2, secret), kernel };
}

function startThread(shared: Shared, owner: number, turns: number): Worker {
  return new Worker(threadUrl, { workerData: { ...shared, owner, turns } });
}

/** CPUs that went and came back count twice, but nothing is missing. */
function expectAllUsage({ buffer, kernel }: Shared): void {
  const times = new SharedCpuTimes(buffer, 9);
  const [userUsec, ageUsec] = [...kernel].map(Number);
  const last = sampleOf(userUsec ?? 0, ageUsec ?? 0);
  const read = times.advance(times.keyOf('container', 1), () => last);
  expect(read?.ticks[0]).toBeGreaterThanOrEqual(Math.floor(last.usage.userUsec / 10_000));
}

test('advance() never lets a counter fall, in threads at once', { timeout: 60_000 }, async () => {
  const shared = makeShared();
  const threads = [1, 2, 3].map((owner) => startThread(shared, owner, 20_000));
  await Promise.all(threads.map((thread) => once(thread, 'exit')));
  expectAllUsage(shared);
});

test('advance() works on after threads were ended anywhere', { timeout: 60_000 }, async () => {
  const shared = makeShared();
  const main = new SharedCpuTimes(shared.buffer, 9);
  const lasting = startThread(shared, 1, 200_000);
  const ended = once(lasting, 'exit');
  for (let round = 0; round < 4; round++) {
    const victim = startThread(shared, 2, Number.MAX_SAFE_INTEGER);
    await once(victim, 'message');
    await victim.terminate();
    main.recover(2);
  }
  await ended;
  expectAllUsage(shared);
});
