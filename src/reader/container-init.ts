// The verified init of one pid namespace, held so that it can be asked again and
// again: pidfd, start time, an open /proc/INIT/cgroup.
//
// The pidfd keeps the kernel's struct pid, and that keeps the pid namespace: alloc_pid()
// takes a reference that the last put_pid() gives back. So as long as an object of this
// class is open, the inode number of its namespace is not given to another.

import { readPidStat } from '../kernel/pid-stat.ts';
import { Pidfd, readNamespaceLink } from '../kernel/process.ts';
import { withoutInitScope } from './cgroup-text.ts';
import { openRunningThread, type RunningThread } from './running-thread.ts';

/** A pid namespace that is open, so that its links mean no other one. */
export interface HeldPidns {
  readonly link: string;
  readonly outermost: number | undefined;
}

export class ContainerInit {
  readonly pid: number;
  readonly startTicks: number;
  /** See outermost-pidns.ts. */
  readonly outermostPidns: number | undefined;
  readonly #pidfd: Pidfd;
  readonly #thread: RunningThread;
  #knownMountns: string | undefined;
  #rawCgroupText: string;
  #cgroupText: string;

  private constructor(pid: number, pidfd: Pidfd, thread: RunningThread, pidns: HeldPidns) {
    this.pid = pid;
    this.outermostPidns = pidns.outermost;
    this.startTicks = thread.startTicks;
    this.#pidfd = pidfd;
    this.#thread = thread;
    this.#knownMountns = readNamespaceLink(thread.dir, 'mnt');
    this.#rawCgroupText = thread.cgroupText;
    this.#cgroupText = withoutInitScope(thread.cgroupText);
  }

  /**
   * Opens process `pid` if it is alive and in the pid namespace of that link;
   * else the pid has been given to another process, or init just died: `undefined`.
   */
  static open(pid: number, pidns: HeldPidns): ContainerInit | undefined {
    const pidfd = Pidfd.open(pid);
    if (pidfd === undefined) return undefined;
    let toClose: { close(): void } | undefined = pidfd;
    try {
      const thread = openRunningThread(pid);
      if (thread === undefined) return undefined;
      const init = new ContainerInit(pid, pidfd, thread, pidns);
      toClose = init;
      // Asked last: the pidfd's process runs, so all that was opened by its number was its own.
      const isOfNamespace = readNamespaceLink(`/proc/${pid}`, 'pid') === pidns.link;
      if (!isOfNamespace || !pidfd.isRunning()) return undefined;
      toClose = undefined;
      return init;
    } finally {
      toClose?.close();
    }
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
    const raw = this.#thread.cgroupFile.readSetting();
    if (raw === this.#rawCgroupText) return this.#cgroupText;
    // As in openThread(): the text of a thread that is about to exit is not init's.
    const isExiting = readPidStat(this.#thread.dir)?.isExiting ?? true;
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
    this.#knownMountns = readNamespaceLink(this.#thread.dir, 'mnt');
    return this.#knownMountns;
  }

  close(): void {
    this.#thread.cgroupFile.close();
    this.#pidfd.close();
  }
}
