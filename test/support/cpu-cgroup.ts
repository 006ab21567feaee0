// A cgroup with given files for CPU time, limits and CPUs, and the cgroups above it.

import { ContainerCgroup } from '../../src/cgroup/container-cgroup.ts';
import { parseLayout } from '../../src/cgroup/layout.ts';
import { parseMembership } from '../../src/cgroup/membership.ts';
import { withTree } from './fixture.ts';

const mounts = {
  1: [
    '31 30 0:28 / /cg/cpu rw - cgroup cgroup rw,cpu,cpuacct',
    '32 30 0:29 / /cg/cpuset rw - cgroup cgroup rw,cpuset',
    '33 30 0:30 / /cg/freezer rw - cgroup cgroup rw,freezer',
  ],
  2: ['30 22 0:26 / /cg rw - cgroup2 cgroup2 rw'],
};

const ownCgroup = '3:freezer:/a/b\n2:cpuset:/a/b\n1:cpu,cpuacct:/a/b\n0::/a/b\n';

/** Paths begin with `cpu/`, `cpuset/` or `freezer/` on v1; the cgroup is a/b below those, or below the root. */
export function withCpuCgroup<Result>(
  version: 1 | 2,
  files: Readonly<Record<string, string>>,
  use: (cgroup: ContainerCgroup, root: string) => Result,
  membership = ownCgroup,
): Result {
  const placed = Object.entries(files).map(([path, text]) => [
    path.startsWith('proc/') ? path : `cg/${path}`,
    text,
  ]);
  return withTree(Object.fromEntries(placed), (root) => {
    const layout = parseLayout(mounts[version].join('\n'), root);
    const cgroup = new ContainerCgroup(layout, parseMembership(membership));
    try {
      return use(cgroup, root);
    } finally {
      cgroup.close();
    }
  });
}
