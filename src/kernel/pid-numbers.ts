// A task's numbers in the pid namespaces that it has one in.

import { readTextFile } from './kept-file.ts';

const label = '\nNSpid:';

/** Parses the line NSpid of proc_pid_status(5): the daemon's namespace first, the task's own last. */
function parsePidNumbers(status: string): number[] {
  const start = status.indexOf(label);
  if (start < 0) return [];
  const valuesStart = start + label.length;
  const end = status.indexOf('\n', valuesStart);
  return status.slice(valuesStart, end).trim().split('\t').map(Number);
}

/** `threadDir` is its folder in procfs; none when it is gone. */
export function readPidNumbers(threadDir: string): number[] {
  return parsePidNumbers(readTextFile(`${threadDir}/status`, { manyRecords: false }) ?? '');
}
