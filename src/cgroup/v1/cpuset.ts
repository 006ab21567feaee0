// cgroup v1, controller cpuset.

/** Linux >= 3.17. Empty in a cgroup whose cpuset.cpus was never written; no task can be in that. */
export const effectiveCpusFile = 'cpuset.effective_cpus';
