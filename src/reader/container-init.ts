// The verified init of one pid namespace, held so that it can be asked again and
// again: pidfd, start time, an open /proc/INIT/cgroup.
//
// The pidfd keeps the kernel's struct pid, which keeps the pid namespace (alloc_pid()
// takes a reference that free goes with the last put_pid()). So as long as an object
// of this class is open, the inode number of its namespace is not given to another.

import { KeptFile } from '../kernel/kept-file.ts';
import { readPidStat } from '../kernel/pid-stat.ts';
import {
  findRunningThread,
  Pidfd,
  type RunningThread,
  readNamespaceLink,
} from '../kernel/process.ts';
import { withoutInitScope } from './cgroup-text.ts';

interface OpenParts {
  readonly pid: number;
  readonly pidfd: Pidfd;
  readonly thread: RunningThread;
  readonly cgroupFile: KeptFile;
}

export class ContainerInit {
  readonly pid: number;
  readonly startTicks: number;
  readonly #pidfd: Pidfd;
  readonly #threadDir: string;
  readonly #cgroupFile: KeptFile;
  #knownMountns: string | undefined;
  #rawCgroupText = '';
  #cgroupText = '';

  private constructor(parts: OpenParts) {
    this.pid = parts.pid;
    this.startTicks = parts.thread.startTicks;
    this.#pidfd = parts.pidfd;
    this.#threadDir = parts.thread.threadDir;
    this.#cgroupFile = parts.cgroupFile;
    this.#knownMountns = readNamespaceLink(this.#threadDir, 'mnt');
  }

  /**
   * Opens process `pid` if it is alive and in the pid namespace that the link names;
   * else the pid has been given to another process, or init just died: `undefined`.
   */
  static open(pid: number, pidnsLink: string): ContainerInit | undefined {
    const pidfd = Pidfd.open(pid);
    if (pidfd === undefined) return undefined;
    let toClose: { close(): void } | undefined = pidfd;
    try {
      const init = ContainerInit.#openBehind(pidfd, pid);
      if (init === undefined) return undefined;
      toClose = init;
      // Asked last: the pidfd's process runs, so all that was opened by its number was its own.
      const isOfNamespace = readNamespaceLink(`/proc/${pid}`, 'pid') === pidnsLink;
      if (!isOfNamespace || !pidfd.isRunning()) return undefined;
      toClose = undefined;
      return init;
    } finally {
      toClose?.close();
    }
  }

  static #openBehind(pidfd: Pidfd, pid: number): ContainerInit | undefined {
    const thread = findRunningThread(pid);
    if (thread === undefined) return undefined;
    const cgroupFile = KeptFile.open(`${thread.threadDir}/cgroup`);
    if (cgroupFile === undefined) return undefined;
    return new ContainerInit({ pid, pidfd, thread, cgroupFile });
  }

  isRunning(): boolean {
    return this.#pidfd.isRunning();
  }

  /**
   * The cgroup it is in at this moment, without a trailing `/init.scope`; the
   * identical string while it stays there. `undefined` when the thread behind it has
   * exited.
   */
  readCgroupText(): string | undefined {
    const raw = this.#cgroupFile.readText();
    if (raw === this.#rawCgroupText) return this.#cgroupText;
    // A v1 hierarchy shows `/` for a thread that has begun to exit (proc_cgroup_show(),
    // PF_EXITING), as if init had been moved to the host's own cgroup.
    const isExiting = readPidStat(this.#threadDir)?.isExiting ?? true;
    if (raw === undefined || isExiting || !this.isRunning()) return undefined;
    this.#rawCgroupText = raw;
    this.#cgroupText = withoutInitScope(raw);
    return this.#cgroupText;
  }

  /** The mount namespace it was in when last read. */
  get knownMountns(): string | undefined {
    return this.#knownMountns;
  }

  readMountns(): string | undefined {
    this.#knownMountns = readNamespaceLink(this.#threadDir, 'mnt');
    return this.#knownMountns;
  }

  close(): void {
    this.#cgroupFile.close();
    this.#pidfd.close();
  }
}
