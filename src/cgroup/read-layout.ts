// The daemon's own view of the cgroup hierarchies.
//
// In a cgroup namespace the kernel shows paths relative to the namespace's root:
// a sibling is `/../sibling`, and a mount of the whole hierarchy begins at `/../..`.
// What lies between is never named, so it is looked up: the daemon's own cgroup
// is the one that lists the daemon.

import { readTextFile } from '../kernel/kept-file.ts';
import { listDirectory } from '../kernel/list-directory.ts';
import { type CgroupLayout, componentsOf, type HierarchyMount, parseLayout } from './layout.ts';
import { type Membership, parseMembership, pathIn } from './membership.ts';

/** A host with more cgroups beside each other is not searched to its end. */
const mostSiblings = 4096;

/** The hierarchies that this process sees, and where its cgroup namespace is in them. */
export function readLayout(): CgroupLayout {
  const layout = parseLayout(readTextFile('/proc/self/mountinfo') ?? '', '');
  const membership = parseMembership(readTextFile('/proc/self/cgroup') ?? '');
  return withNamespaceRoots(layout, membership, process.pid);
}

/** Adds the names above the cgroup namespace of the process `pid`, which is in `membership`. */
export function withNamespaceRoots(
  layout: CgroupLayout,
  membership: Membership,
  pid: number,
): CgroupLayout {
  const hierarchies = layout.hierarchies.map((hierarchy) => {
    const ownPath = pathIn(membership, hierarchy);
    if (ownPath === undefined) return hierarchy;
    const mounts = hierarchy.mounts.map((mount) => {
      const namespaceRoot = findNamespaceRoot(mount, componentsOf(ownPath), pid);
      return namespaceRoot === undefined ? mount : { ...mount, namespaceRoot };
    });
    return { ...hierarchy, mounts };
  });
  return { ...layout, hierarchies };
}

function findNamespaceRoot(
  mount: HierarchyMount,
  ownNames: readonly string[],
  pid: number,
): readonly string[] | undefined {
  const above = componentsOf(mount.root);
  const isAncestor = above.length > 0 && above.every((name) => name === '..');
  // A process that was moved out of its namespace's root cannot tell where that is.
  if (!isAncestor || ownNames.includes('..')) return undefined;
  for (const names of cgroupsAt(mount.mountPoint, above.length + ownNames.length)) {
    const processes = readTextFile([mount.mountPoint, ...names, 'cgroup.procs'].join('/'));
    if (`\n${processes}`.includes(`\n${pid}\n`)) return names.slice(0, above.length);
  }
  return undefined;
}

/** The cgroups so many levels below a folder, by their names from there. */
function* cgroupsAt(folder: string, levels: number): Generator<string[]> {
  if (levels === 0) {
    yield [];
    return;
  }
  for (const name of listDirectory(folder, mostSiblings)) {
    for (const below of cgroupsAt(`${folder}/${name}`, levels - 1)) yield [name, ...below];
  }
}
