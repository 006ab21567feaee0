import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { describe, expect, test } from 'vitest';
import { Bell } from '../../../src/shared/bell.ts';

const thread = new URL('./bell-thread.mjs', import.meta.url);

async function startListener(buffer: SharedArrayBuffer, limitMsec?: number): Promise<Worker> {
  const worker = new Worker(thread, { workerData: { buffer, limitMsec } });
  await once(worker, 'message');
  return worker;
}

describe('Bell', { timeout: 30_000 }, () => {
  test('wakes a thread that waits for it, and ends its waiting', async () => {
    const buffer = Bell.allocate();
    const bell = new Bell(buffer);
    const listener = await startListener(buffer);
    const heard = once(listener, 'message');
    bell.ring();
    expect(await heard).toEqual([true]);
    const ended = once(listener, 'exit');
    bell.end();
    await ended;
  });

  test('lets a thread go on after the time that it waits', async () => {
    const buffer = Bell.allocate();
    const listener = await startListener(buffer, 10);
    expect(await once(listener, 'message')).toEqual([false]);
    new Bell(buffer).end();
    await once(listener, 'exit');
  });

  test('is heard by who listens later, once', () => {
    const buffer = Bell.allocate();
    const listener = new Bell(buffer);
    new Bell(buffer).ring();
    new Bell(buffer).ring();
    expect([listener.hasRung(0), listener.hasRung(0)]).toEqual([true, false]);
  });

  test('pause() waits for its time, unless the bell has ended', () => {
    const bell = new Bell(Bell.allocate());
    bell.ring();
    const begin = performance.now();
    bell.pause(30);
    expect(performance.now() - begin).toBeGreaterThan(25);
    bell.end();
    bell.pause(60_000);
    expect(bell.hasEnded()).toBe(true);
  });
});
