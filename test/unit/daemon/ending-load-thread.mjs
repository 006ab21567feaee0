// Stands in for the thread that counts tasks: ends inside the lock of a row as long as `bell` has
// not rung, and says that it reads the row once it has.

import { parentPort, workerData } from 'node:worker_threads';
import { register } from 'tsx/esm/api';

register();
const { viewMapping } = await import('../../../src/kernel/mapped-memory.ts');
const { Bell } = await import('../../../src/shared/bell.ts');
const { SharedLoads } = await import('../../../src/view/shared-loads.ts');

const loads = new SharedLoads(viewMapping(workerData.rows), workerData.thread);
const bell = new Bell(workerData.bell);
const dies = !bell.hasRung(0);
loads.read(loads.keyOf('container', 1), {
  nowUsec: 1,
  site: { version: 2, path: '/container', freezerPath: undefined },
  usedUsec: 0,
  newest: { pidnsInode: 1, pid: 1, startTicks: 1 },
  // The thread is stopped here: no `finally` runs.
  history: () => (dies ? process.exit(1) : { startedAtUsec: 1, cpuCount: 1 }),
});
parentPort?.postMessage({ level: 'warn', fields: { cgroup: '/container' }, message: 'read' });
while (!bell.hasEnded()) bell.hasRung();
