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
