// One running thread of a process, through which the process's cgroup is read.
//
// That is the leader, unless it has exited before its siblings: it stays behind as a
// zombie then, without mount namespace and, in a v1 hierarchy, without cgroup.

import { KeptFile } from '../kernel/kept-file.ts';
import { type PidStat, readPidStat } from '../kernel/pid-stat.ts';
import { threadDirsOf } from '../kernel/process.ts';

export interface RunningThread {
  /** Its folder in procfs. */
  readonly dir: string;
  /** Open; whoever asked for the thread closes it. */
  readonly cgroupFile: KeptFile;
  readonly cgroupText: string;
  /** When its process started, which is when its leader did. */
  readonly startTicks: number;
}

/**
 * Threads that are looked at. One that ends is gone at once, unless it leads or is traced; whoever
 * traces them can keep as many as they like from vanishing.
 */
const mostThreads = 64;

/** `undefined` when no thread of the process runs, or none of the first ones. */
export function openRunningThread(pid: number): RunningThread | undefined {
  let startTicks: number | undefined;
  let left = mostThreads;
  for (const dir of threadDirsOf(pid)) {
    if (left-- === 0) return undefined;
    const opened = openThread(dir);
    startTicks ??= opened?.stat.startTicks;
    if (startTicks === undefined) return undefined;
    if (opened !== undefined && 'cgroupFile' in opened) {
      const { cgroupFile, cgroupText } = opened;
      return { dir, cgroupFile, cgroupText, startTicks };
    }
  }
  return undefined;
}

type OpenedThread = Pick<RunningThread, 'cgroupFile' | 'cgroupText'> & { readonly stat: PidStat };

/** The file only if the thread runs, and `undefined` if it is not even a zombie. */
function openThread(dir: string): OpenedThread | { readonly stat: PidStat } | undefined {
  const cgroupFile = KeptFile.open(`${dir}/cgroup`);
  if (cgroupFile === undefined) return undefined;
  let isKept = false;
  try {
    // Of a file that was just opened: read now, and not again by whoever wants it at once.
    const cgroupText = cgroupFile.readSetting();
    // After the text: a v1 hierarchy shows `/` for a thread that has begun to exit, as if
    // it had been moved there (proc_cgroup_show(), PF_EXITING).
    const stat = readPidStat(dir);
    if (stat === undefined) return undefined;
    if (cgroupText === undefined || stat.isExiting) return { stat };
    isKept = true;
    return { cgroupFile, cgroupText, stat };
  } finally {
    if (!isKept) cgroupFile.close();
  }
}
