// A serving thread that does what the test planned. The words of `memory.loads.bell`: 0 counts
// starts, 1 says how many starts fail, 2 becomes 1 at the end, 3 is 1 if failures are of memory. A start that fails is at a request:
// what its predecessor left, else number 100 and up.

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
const slot = journal.slotOf(thread);

/** @type {(message: string, fields?: object) => void} */
function say(message, fields) {
  parentPort?.postMessage({ level: 'debug', fields: { thread, ...fields }, message });
}

function answerLeft() {
  const unique = Number(journal.takenBy(thread));
  if (unique === 0) return;
  // In this order: who hears of it finds nothing unanswered.
  slot.end();
  say('got what was left', { unique });
}

parentPort?.postMessage({ prepared: true });
if (!gate.wait()) process.exit();
const start = Atomics.add(plan, 0, 1);
say(`start ${start}`);
if (start < Atomics.load(plan, 1)) {
  if (journal.takenBy(thread) === 0n) slot.request.writeBigUInt64LE(BigInt(100 + start), 8);
  if (Atomics.load(plan, 3) === 0) throw new Error(`failure ${start}`);
  const hoard = [];
  for (;;) hoard.push(Array.from({ length: 100_000 }, (_, index) => ({ index })));
}
answerLeft();
for (const other of gate.left()) {
  if (journal.move(other, thread)) answerLeft();
}
while (Atomics.wait(plan, 2, 0, 10) === 'timed-out' && !slot.isRetired());
