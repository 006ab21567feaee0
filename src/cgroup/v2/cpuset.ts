// cgroup v2, controller cpuset.

/** Empty only in a partition that gave all its CPUs away; its tasks use the parent's. */
export const effectiveCpusFile = 'cpuset.cpus.effective';
