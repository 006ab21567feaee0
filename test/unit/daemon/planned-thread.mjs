// A serving thread that does what the test planned. The words of `memory.loads.bell`: 0 counts
// starts, 1 says how many starts fail, 2 becomes 1 at the end. A start that fails has taken a
// request, number 100 and up.

import { parentPort, workerData } from 'node:worker_threads';
import { register } from 'tsx/esm/api';

register();
const { Gate } = await import('../../../src/daemon/gate.ts');
const { Journal } = await import('../../../src/daemon/journal.ts');
const { viewMapping } = await import('../../../src/kernel/mapped-memory.ts');

const { thread, memory } = workerData;
const plan = new Int32Array(memory.loads.bell);
const journal = new Journal(viewMapping(memory.journal));
const gate = new Gate(workerData.gate);

parentPort?.postMessage({ prepared: true });
gate.wait();
const start = Atomics.add(plan, 0, 1);
parentPort?.postMessage({ level: 'debug', fields: { thread }, message: `start ${start}` });
for (const request of gate.left()) {
  const unique = Number(request.readBigUInt64LE(8));
  parentPort?.postMessage({
    level: 'debug',
    fields: { thread, unique },
    message: 'got what was left',
  });
}
if (start < Atomics.load(plan, 1)) {
  journal.requestOf(thread).writeBigUInt64LE(BigInt(100 + start), 8);
  throw new Error(`failure ${start}`);
}
const slot = journal.slotOf(thread);
while (Atomics.wait(plan, 2, 0, 10) === 'timed-out' && !slot.isRetired());
