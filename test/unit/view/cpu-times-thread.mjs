// A thread that reads one container's CPU times again and again. What it is started with: `buffer`
// (of SharedCpuTimes), `kernel` (0 and 1: the container's user time and age, which every reading
// moves on), `owner`, `turns`. It fails when a counter falls.

import { parentPort, workerData } from 'node:worker_threads';
import { register } from 'tsx/esm/api';

register();
const { SharedCpuTimes } = await import('../../../src/view/shared-cpu-times.ts');

const { buffer, kernel, owner, turns } = workerData;
const times = new SharedCpuTimes(buffer, owner);
const key = times.keyOf('container', 1);
/** @type {Map<string, number>} */
const seen = new Map();

/** @param {number} turn */
function takeSample(turn) {
  const userUsec = Number(Atomics.add(kernel, 0, BigInt(9000 + (turn % 1000))));
  const ageUsec = Number(Atomics.add(kernel, 1, 12_000n));
  const cpus = turn % 500 < 100 ? [0] : [0, 1];
  const usage = { kind: /** @type {const} */ ('total'), userUsec, niceUsec: 0, systemUsec: 0 };
  return { ageUsec, cpus, usage, startedAtSec: 1 };
}

/**
 * @param {string} name
 * @param {number} counter
 */
function check(name, counter) {
  const before = seen.get(name) ?? 0;
  if (counter < before) throw new Error(`${name} fell from ${before} to ${counter}`);
  seen.set(name, counter);
}

for (let turn = 0; turn < turns; turn++) {
  const read = times.advance(key, () => takeSample(turn));
  if (read === undefined) throw new Error('no times');
  for (const column of [0, 3]) {
    let sum = 0;
    for (let cpu = 0; cpu < read.cpuCount; cpu++) {
      const counter = read.ticks[cpu * 4 + column] ?? -1;
      check(`cpu${cpu} column ${column}`, counter);
      sum += counter;
    }
    check(`cpu column ${column}`, sum);
  }
  if (turn === 100) parentPort?.postMessage('runs');
}
