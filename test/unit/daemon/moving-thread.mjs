// Moves one request after the other from slot 70 of the journal to slot 2, until it is ended: each is
// filled with the last byte of its number.

import { parentPort, workerData } from 'node:worker_threads';
import { register } from 'tsx/esm/api';

register();
const { Journal } = await import('../../../src/daemon/journal.ts');

const nobodyRings = new Int32Array(new SharedArrayBuffer(4));
const journal = new Journal(workerData);
parentPort?.postMessage('begun');
for (let number = 1; ; number++) {
  journal.forget(2);
  const request = journal.requestOf(70);
  request.fill(number % 256, 16);
  request.writeBigUInt64LE(BigInt(number), 8);
  journal.move(70, 2);
  // Somebody who looks shall have the time.
  Atomics.wait(nobodyRings, 0, 0, 0.05);
}
