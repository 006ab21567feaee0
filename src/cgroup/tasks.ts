// How many of a container's tasks run and how many are blocked, from the state
// of each. The work is bounded, whatever a container does.

import { readTextFile } from '../kernel/kept-file.ts';
import { listDirectory } from '../kernel/list-directory.ts';
import { readPidStat } from '../kernel/pid-stat.ts';
import type { ContainerCgroup } from './container-cgroup.ts';

export interface TaskCounts {
  /** Tasks that run or could run: state R of proc_pid_stat(5). */
  readonly running: number;
  /** Tasks in uninterruptible sleep: state D. */
  readonly blocked: number;
}

/** Of more tasks, every k-th is looked at and stands for k. Each takes some 20 us. */
const mostTasks = 100;
/** Cgroups below the container's; the nearest ones first. */
const mostCgroups = 64;

/** The directories of a cgroup and of what is below it, as far as the bound reaches. */
function directoriesFrom(top: string): string[] {
  const found = [top];
  for (const directory of found) {
    const room = mostCgroups - found.length;
    if (room === 0) break;
    for (const name of listDirectory(directory, room)) found.push(`${directory}/${name}`);
  }
  return found;
}

function tasksIn(directories: readonly string[], fileName: string): string[] {
  return directories.flatMap((directory) => {
    const text = readTextFile(`${directory}/${fileName}`) ?? '';
    // A task outside the daemon's pid namespace is 0.
    return text.split('\n').filter((tid) => tid !== '' && tid !== '0');
  });
}

/** Counts now; `procRoot` is where procfs is mounted. Who asks is running, so at least 1 is. */
export function countTasks(cgroup: ContainerCgroup, procRoot = '/proc'): TaskCounts {
  const controller = cgroup.controller('cpu') ?? cgroup.controller('cpuacct');
  const [own] = controller?.chain ?? [];
  if (own === undefined) return { running: 1, blocked: 0 };
  const fileName = controller?.version === 1 ? 'tasks' : 'cgroup.threads';
  const tids = tasksIn(directoriesFrom(own.path), fileName);
  const step = Math.ceil(tids.length / mostTasks);
  let running = 0;
  let blocked = 0;
  for (let index = 0; index < tids.length; index += step) {
    const tid = tids[index];
    // Not /proc/TID/stat, for which the kernel goes through all threads of the process.
    const state = readPidStat(`${procRoot}/${tid}/task/${tid}`)?.state;
    if (state === 'R') running += step;
    if (state === 'D') blocked += step;
  }
  return { running: Math.max(1, running), blocked };
}

/** Counts that are taken again only after a while. */
export class KeptTaskCounts {
  readonly #count: () => TaskCounts;
  readonly #keepUsec: number;
  #counts: TaskCounts | undefined;
  #takenUsec = 0;

  constructor(count: () => TaskCounts, keepUsec = 1_000_000) {
    this.#count = count;
    this.#keepUsec = keepUsec;
  }

  /** The counts, at most `keepUsec` old at `nowUsec` (a clock that never goes back). */
  at(nowUsec: number): TaskCounts {
    if (this.#counts === undefined || nowUsec - this.#takenUsec > this.#keepUsec) {
      this.#counts = this.#count();
      this.#takenUsec = nowUsec;
    }
    return this.#counts;
  }
}
