// Which number a pid namespace gave to a task last, as far as that shows from outside.
//
// The kernel prints the counter of the reader's own pid namespace, which only members of
// it can read. The newest task that lives, the reader itself very often, comes close.

import type { CountedTask } from '../cgroup/tasks.ts';
import { readPidNumbers } from '../kernel/pid-numbers.ts';
import { readPidStat } from '../kernel/pid-stat.ts';

export interface NumberedTask {
  /** In the caller's pid namespace. */
  readonly pid: number;
  /** When it started, in clock ticks since boot. */
  readonly startTicks: number;
}

/** The caller's numbers have one for each namespace from the daemon's down to its own. */
function numberFor(callerNumbers: readonly number[], numbers: readonly number[]): number {
  return numbers[callerNumbers.length - 1] ?? 0;
}

/**
 * The newer of the caller and another task of its container; `undefined` when the caller
 * has ended. `procRoot` is where procfs is mounted.
 */
export function readNewestTask(
  callerTid: number,
  other: CountedTask | undefined,
  procRoot = '/proc',
): NumberedTask | undefined {
  const callerNumbers = readPidNumbers(`${procRoot}/${callerTid}`);
  const pid = numberFor(callerNumbers, callerNumbers);
  // Not /proc/TID/stat, for which the kernel goes through all threads of the process.
  const stat = readPidStat(`${procRoot}/${callerTid}/task/${callerTid}`);
  if (pid === 0 || stat === undefined) return undefined;
  const { startTicks } = stat;
  if (other === undefined || other.startTicks < startTicks) return { pid, startTicks };
  const otherPid = numberFor(callerNumbers, readPidNumbers(`${procRoot}/${other.tid}`));
  const isSameTick = other.startTicks === startTicks;
  if (otherPid === 0 || (isSameTick && otherPid < pid)) return { pid, startTicks };
  return { pid: otherPid, startTicks: other.startTicks };
}
