// A host whose only cgroup hierarchy is a made-up one with memory, and a reader in
// its cgroup /a/b.

import { join } from 'node:path';
import { ContainerCgroup } from '../../src/cgroup/container-cgroup.ts';
import { parseLayout } from '../../src/cgroup/layout.ts';
import { parseMembership } from '../../src/cgroup/membership.ts';
import { withTree } from './fixture.ts';

const mountinfoOf = {
  1: '34 30 0:31 / /cg rw - cgroup cgroup rw,memory\n',
  2: '30 22 0:26 / /cg rw - cgroup2 cgroup2 rw\n',
};

/** Opens /a/b of a hierarchy with these files, whose paths begin at its root. */
export function withMemoryCgroup<Result>(
  version: 1 | 2,
  files: Readonly<Record<string, string>>,
  use: (cgroup: ContainerCgroup, root: string) => Result,
): Result {
  const placed = Object.entries(files).map(([path, text]) => [`cg/${path}`, text] as const);
  return withTree(Object.fromEntries(placed), (root) => {
    const membership = parseMembership('4:memory:/a/b\n0::/a/b\n');
    const cgroup = new ContainerCgroup(parseLayout(mountinfoOf[version], root), membership);
    try {
      return use(cgroup, join(root, 'cg'));
    } finally {
      cgroup.close();
    }
  });
}
