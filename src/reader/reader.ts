// Who reads: the result of asking which container a calling thread belongs to.

/** A process in a container, or one of the host's whose own cgroup counts. */
export interface ContainerReader {
  readonly kind: 'container';
  /** pid 1 of the reader's pid namespace, in the daemon's numbering. */
  readonly initPid: number;
  /** When that process started, in clock ticks since boot (proc_pid_stat(5) field 22). */
  readonly initStartTicks: number;
  /** Inode of the reader's pid namespace; unique while the namespace lives. */
  readonly pidnsInode: number;
  /** The same of the one that holds all that the container nests; see outermost-pidns.ts. */
  readonly outermostPidns: number | undefined;
  /** The cgroups that count, in the form of /proc/PID/cgroup, cut as the policy says. */
  readonly cgroupText: string;
}

/** `host`: a reader of the host itself. `gone`: it has ended, or was never visible to the daemon. */
export type Reader = ContainerReader | { readonly kind: 'host' } | { readonly kind: 'gone' };
