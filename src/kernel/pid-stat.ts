// /proc/PID/stat, the fields of it that nsproc needs.

import { KernelFormatError } from './format-error.ts';
import { readTextFile } from './kept-file.ts';

export interface PidStat {
  readonly comm: string;
  /** proc_pid_stat(5) field 3: `R`, `S`, `D`, `Z`, ... */
  readonly state: string;
  /** The thread has begun to exit, or has exited and is a zombie; it never comes back. */
  readonly isExiting: boolean;
  /** Field 22: clock ticks between boot and the start of the process. */
  readonly startTicks: number;
}

/** PF_EXITING in field 9, the kernel's per-thread flags. */
const exitingFlag = 0x4;

/** fields[0] is field 3, the first one behind comm. */
const flagsIndex = 9 - 3;
const startTicksIndex = 22 - 3;
const fieldsNeeded = startTicksIndex + 1;

/**
 * Parses proc_pid_stat(5). comm may hold blanks, parentheses and newlines, and
 * nothing is escaped; the fields behind it are letters and numbers, so the last
 * `)` of the text ends it.
 */
export function parsePidStat(text: string): PidStat {
  const open = text.indexOf('(');
  const close = text.lastIndexOf(')');
  const fields = text
    .slice(close + 1)
    .trim()
    .split(' ', fieldsNeeded);
  const [state = ''] = fields;
  const flags = fields[flagsIndex] ?? '';
  const startTicks = fields[startTicksIndex] ?? '';
  if (open < 0 || close < open || !/^\d+$/.test(flags) || !/^\d+$/.test(startTicks)) {
    throw new KernelFormatError('/proc/PID/stat', text, 'PID (COMM) STATE and 49 numbers');
  }
  return {
    comm: text.slice(open + 1, close),
    state,
    isExiting: (Number(flags) & exitingFlag) !== 0,
    startTicks: Number(startTicks),
  };
}

/** `threadDir` is `/proc/PID` or `/proc/PID/task/TID`; `undefined` when it is gone. */
export function readPidStat(threadDir: string): PidStat | undefined {
  const text = readTextFile(`${threadDir}/stat`, { manyRecords: false });
  return text === undefined ? undefined : parsePidStat(text);
}
