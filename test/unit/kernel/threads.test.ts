import { expect, test, vi } from 'vitest';
import { postToMain, startThread, threadData } from '../../../src/kernel/threads.ts';

// Busy machines are slow, and that is no failure.
vi.setConfig({ testTimeout: 30_000 });

interface Ended {
  readonly messages: readonly unknown[];
  readonly error: Error | undefined;
  readonly times: number;
}

/** Runs a thread to its end, and waits a little for what must not come after it. */
async function endOf(source: string, data?: unknown): Promise<Ended> {
  const messages: unknown[] = [];
  const errors: (Error | undefined)[] = [];
  const url = new URL(`data:text/javascript,${encodeURIComponent(source)}`);
  await new Promise<void>((resolve) => {
    startThread(url, data, {
      message: (message) => messages.push(message),
      ended: (error) => {
        errors.push(error);
        resolve();
      },
    });
  });
  await new Promise((resolve) => setTimeout(resolve, 20));
  return { messages, error: errors[0], times: errors.length };
}

const threads = `import { parentPort, workerData } from 'node:worker_threads';`;

test('startThread() passes data on, shared memory as shared, and messages back', async () => {
  const words = new Int32Array(new SharedArrayBuffer(4));
  const end = await endOf(`${threads} workerData[0] = 7; parentPort.postMessage('done');`, words);
  expect(end).toEqual({ messages: ['done'], error: undefined, times: 1 });
  expect(words[0]).toBe(7);
});

test.each([
  ['throws', `throw new RangeError('mistake');`, 'mistake'],
  ['throws what is no error', `throw 'words';`, 'words'],
  ['does not parse', `}`, "Unexpected token '}'"],
  ['exits with a status', `process.exit(3);`, 'worker ended with status 3'],
])(
  'startThread() tells once of a thread that %s',
  { timeout: 60_000 },
  async (_case, source, reason) => {
    const end = await endOf(source);
    expect(end.error?.message).toContain(reason);
    expect(end.times).toBe(1);
  },
);

test('startThread() takes an exit with status 0 for a good end', async () => {
  expect(await endOf('process.exit(0);')).toMatchObject({ error: undefined, times: 1 });
});

test('in the main thread there is no data, and nobody to post to', () => {
  expect(threadData()).toBeUndefined();
  expect(() => postToMain('nobody')).not.toThrow();
});
