// How many tasks a container has, how many of them run and how many are blocked,
// from the state of each. The work is bounded, whatever a container does.

import { readInode } from '../kernel/inode.ts';
import { readTextFile } from '../kernel/kept-file.ts';
import { listDirectory } from '../kernel/list-directory.ts';
import { readPidStat } from '../kernel/pid-stat.ts';
import { type ContainerCgroup, isRoot } from './container-cgroup.ts';

/** The cgroup that lists a container's tasks, with all the cgroups below it. */
export interface TaskSite {
  readonly version: 1 | 2;
  readonly path: string;
  /** The v1 cgroup that can freeze them all, if there is one. */
  readonly freezerPath: string | undefined;
}

export interface CountedTask {
  readonly tid: number;
  /** When it started, in clock ticks since boot. */
  readonly startTicks: number;
}

export interface TaskCounts {
  /** Tasks that run or could run: state R of proc_pid_stat(5). */
  readonly running: number;
  /** Tasks in uninterruptible sleep: state D, but not those that a freezer holds. */
  readonly blocked: number;
  readonly total: number;
  /** There were more cgroups than were looked into. */
  readonly isPartial: boolean;
  /** Of the tasks that were looked at. */
  readonly newest: CountedTask | undefined;
  readonly oldestStartTicks: number | undefined;
}

export interface CountBounds {
  /** Of more tasks, every k-th is looked at and stands for k. Each takes some 10 us. */
  readonly tasks: number;
  /** Cgroups below the container's; the nearest ones first. */
  readonly cgroups: number;
}

/** For threads that a reader waits for. */
const readerBounds: CountBounds = { tasks: 100, cgroups: 64 };
/** For one that nobody waits for. */
export const samplerBounds: CountBounds = { tasks: 200, cgroups: 256 };

/** A hierarchy in which the container is apart from the host; the first one that there is. */
export function taskSiteOf(cgroup: ContainerCgroup): TaskSite | undefined {
  for (const name of ['cpu', 'cpuacct', 'pids', 'memory'] as const) {
    const controller = cgroup.controller(name);
    const [own] = controller?.chain ?? [];
    if (controller === undefined || own === undefined || isRoot(controller)) continue;
    return { version: controller.version, path: own.path, freezerPath: freezerPathOf(cgroup) };
  }
  return undefined;
}

function freezerPathOf(cgroup: ContainerCgroup): string | undefined {
  const freezer = cgroup.controller('freezer');
  return freezer?.version === 1 ? freezer.chain[0]?.path : undefined;
}

/** The same for this cgroup as long as it lives, and for no other; `undefined` when it is gone. */
export function siteIdentity({ path }: TaskSite): string | undefined {
  const inode = readInode(path)?.number;
  return inode === undefined ? undefined : `${path}:${inode}`;
}

/** The directories of a cgroup and of what is below it, as far as the bound reaches. */
function directoriesFrom(top: string, most: number): string[] {
  const found = [top];
  for (const directory of found) {
    const room = most - found.length;
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

/**
 * Tasks that a v1 freezer holds are shown as D, whatever they waited for; the kernel does
 * not take them for blocked. v2 shows them as S.
 */
function isFrozen(freezerPath: string | undefined): boolean {
  if (freezerPath === undefined) return false;
  return readTextFile(`${freezerPath}/freezer.state`)?.startsWith('FROZEN') ?? false;
}

/** What is found out from the tasks that are looked at. */
class Census {
  looked = 0;
  running = 0;
  blocked = 0;
  newest: CountedTask | undefined;
  oldestStartTicks: number | undefined;

  /** `procRoot` is where procfs is mounted. */
  look(tid: string, procRoot: string): void {
    this.looked++;
    // Not /proc/TID/stat, for which the kernel goes through all threads of the process.
    const stat = readPidStat(`${procRoot}/${tid}/task/${tid}`);
    if (stat === undefined) return;
    const { state, startTicks } = stat;
    if (state === 'R') this.running++;
    if (state === 'D') this.blocked++;
    const { startTicks: newestTicks = 0 } = this.newest ?? {};
    if (startTicks >= newestTicks) this.newest = { tid: Number(tid), startTicks };
    this.oldestStartTicks = Math.min(startTicks, this.oldestStartTicks ?? startTicks);
  }
}

/**
 * Counts now. `turn` is any number; where not all tasks are looked at, it decides which ones,
 * so that with changing turns each has its chance. `procRoot` is where procfs is mounted.
 */
export function countTasksAt(
  { version, path, freezerPath }: TaskSite,
  bounds: CountBounds,
  turn = 0,
  procRoot = '/proc',
): TaskCounts {
  const directories = directoriesFrom(path, bounds.cgroups);
  const tids = tasksIn(directories, version === 1 ? 'tasks' : 'cgroup.threads');
  const total = tids.length;
  const step = Math.max(1, Math.ceil(total / bounds.tasks));
  const census = new Census();
  for (let index = turn % step; index < total; index += step) {
    census.look(tids[index] ?? '', procRoot);
  }
  if (census.blocked > 0 && isFrozen(freezerPath)) census.blocked = 0;
  const ofAll = (count: number) => Math.round((count * total) / Math.max(1, census.looked));
  return {
    running: ofAll(census.running),
    blocked: ofAll(census.blocked),
    total,
    isPartial: directories.length === bounds.cgroups,
    newest: census.newest,
    oldestStartTicks: census.oldestStartTicks,
  };
}

const unknown: TaskCounts = {
  running: 0,
  blocked: 0,
  total: 0,
  isPartial: false,
  newest: undefined,
  oldestStartTicks: undefined,
};

/** Counts for one who asks: that is a running task, so there is at least 1. */
export function countTasks(cgroup: ContainerCgroup, procRoot = '/proc'): TaskCounts {
  const site = taskSiteOf(cgroup);
  const counts = site === undefined ? unknown : countTasksAt(site, readerBounds, 0, procRoot);
  return { ...counts, running: Math.max(1, counts.running), total: Math.max(1, counts.total) };
}
