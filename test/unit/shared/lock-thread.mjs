// A thread that uses a SharedLock as it is told. What it is started with: `words` (0 is the lock, 1 a
// counter, 2 how many threads are inside), `owner`, `turns`, and `dies`, to end inside the lock.

import { workerData } from 'node:worker_threads';
import { register } from 'tsx/esm/api';

register();
const { SharedLock } = await import('../../../src/shared/lock.ts');

const { words, owner, turns, dies } = workerData;
const lock = new SharedLock(words, 0, owner);

for (let turn = 0; turn < turns; turn++) {
  lock.run(() => {
    if (Atomics.add(words, 2, 1) !== 0) throw new Error('two threads are inside');
    words[1] += 1;
    Atomics.sub(words, 2, 1);
    // The thread is stopped here: no `finally` runs.
    if (dies) process.exit(0);
  });
}
