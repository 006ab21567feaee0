// A process and the processes below it: a daemon may keep helpers beside itself, and a
// container's reader is the last one of what was started for it.
import { readdirSync, readFileSync } from 'node:fs';
import type { Reader } from './reader.ts';

/** CPU time in nanoseconds used so far by `pid` and by everything below it that is alive. */
export async function treeCpuNs(clock: Reader, pid: number): Promise<number> {
  let usedNs = 0;
  for (const member of processTree(pid)) usedNs += await clock.cpuNs(member);
  return usedNs;
}

/** The same of processes below it that have ended and been waited for, in steps of 10 ms. */
export function treeReapedNs(pid: number): number {
  return processTree(pid).reduce((sum, member) => sum + reapedNsOf(member), 0);
}

const TICK_NS = 10_000_000;
/** proc_pid_stat(5): cutime and cstime, the fields counted from the state on. */
const CHILDREN_USER = 13;

function reapedNsOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[CHILDREN_USER]) + Number(fields[CHILDREN_USER + 1])) * TICK_NS;
}

/** Parents before their children. */
export function processTree(pid: number): number[] {
  const children = readdirSync(`/proc/${pid}/task`).flatMap((tid) => childrenOf(pid, tid));
  return [pid, ...children.flatMap(processTree)];
}

function childrenOf(pid: number, tid: string): number[] {
  try {
    const text = readFileSync(`/proc/${pid}/task/${tid}/children`, 'utf8').trim();
    return text === '' ? [] : text.split(' ').map(Number);
  } catch {
    // The thread ended in between.
    return [];
  }
}
