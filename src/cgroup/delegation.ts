// Which cgroup holds a container that can make cgroups below its own, or move between them.

import { type Inode, readInode } from '../kernel/inode.ts';
import { type ContainerCgroup, type ControllerCgroup, isRoot } from './container-cgroup.ts';

/** In this order: the first hierarchy in which the container is in a cgroup at all. */
function placed(cgroup: ContainerCgroup): ControllerCgroup | undefined {
  const hierarchies = [cgroup.controller('memory'), cgroup.unified(), cgroup.controller('cpu')];
  return hierarchies.find((found) => found !== undefined && !isRoot(found));
}

/**
 * The inode of the highest cgroup that is delegated, which by cgroups(7) means that its folder is
 * another user's than root's: who is not the host's root makes no cgroup beside it. The container's
 * own when none is; `undefined` when it is in no cgroup but the roots.
 */
export function delegatedInode(cgroup: ContainerCgroup): number | undefined {
  let own: Inode | undefined;
  let highest: Inode | undefined;
  for (const directory of placed(cgroup)?.chain ?? []) {
    const inode = readInode(directory.path);
    own ??= inode;
    if (inode !== undefined && inode.uid !== 0) highest = inode;
  }
  return (highest ?? own)?.number;
}
