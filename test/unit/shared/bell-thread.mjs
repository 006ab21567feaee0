// A thread that listens to a Bell, `buffer`, until it ends, and says each time what it heard: true
// when the bell rang, false when it waited for `limitMsec` in vain.

import { parentPort, workerData } from 'node:worker_threads';
import { register } from 'tsx/esm/api';

register();
const { Bell } = await import('../../../src/shared/bell.ts');

const bell = new Bell(workerData.buffer);
parentPort?.postMessage('listens');
while (!bell.hasEnded()) parentPort?.postMessage(bell.hasRung(workerData.limitMsec));
