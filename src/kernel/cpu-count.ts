// How many CPUs there are for this process.

import { availableParallelism } from 'node:os';

/** CPUs that this process may use (sched_getaffinity(2)). */
export function cpuCount(): number {
  return availableParallelism();
}
