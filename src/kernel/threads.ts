// Worker threads. They block in read(2), so they are told nothing once they run;
// what they say arrives as messages, what they share lies in shared memory.

import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';

export interface ThreadEvents {
  /** A message that the thread posted. */
  message(message: unknown): void;
  /** The thread ended; `error` when something was thrown out of it. */
  ended(error: Error | undefined): void;
}

/**
 * A thread needs some 10 MiB; one that grows beyond the first of these leaks, and is better replaced
 * early. V8 looks for old garbage only when half of it is full, and keeps all of the second one.
 */
const resourceLimits = { maxOldGenerationSizeMb: 128, maxYoungGenerationSizeMb: 6 };

/** Starts a thread that runs the module at `url`. */
export function startThread(url: URL, data: unknown, events: ThreadEvents): void {
  const worker = new Worker(url, {
    workerData: data,
    name: 'nsproc-worker',
    resourceLimits,
  });
  let failure: Error | undefined;
  worker.on('message', (message: unknown) => events.message(message));
  worker.on('error', (error: unknown) => {
    failure = error instanceof Error ? error : new Error(String(error));
  });
  worker.on('exit', (status) => {
    const abnormal = status === 0 ? undefined : new Error(`worker ended with status ${status}`);
    events.ended(failure ?? abnormal);
  });
}

/** In a thread: what it was started with. */
export function threadData(): unknown {
  return isMainThread ? undefined : workerData;
}

/** In a thread: sends a message to the main thread; works while the thread blocks. */
export function postToMain(message: unknown): void {
  parentPort?.postMessage(message);
}
