// A serving thread that does what the test planned. The words of `memory.openFiles`: 0 counts
// starts, 1 says how many starts fail, 2 becomes 1 at the end. A start that fails has taken a
// request, number 100 and up.

import { parentPort, workerData } from 'node:worker_threads';

const { thread, memory } = workerData;
const plan = new Int32Array(memory.openFiles);
const requests = new BigUint64Array(memory.control);
const wordsOfThread = 4;

const start = Atomics.add(plan, 0, 1);
parentPort?.postMessage({ level: 'debug', fields: { thread }, message: `start ${start}` });
if (start < Atomics.load(plan, 1)) {
  Atomics.store(requests, (thread - 1) * wordsOfThread, BigInt(100 + start));
  throw new Error(`failure ${start}`);
}
Atomics.wait(plan, 2, 0);
