// Whom the limits of what one container may take count it to: something that it has one of,
// however many namespaces and cgroups it makes.

import type { ContainerCgroup } from '../cgroup/container-cgroup.ts';
import { delegatedInode } from '../cgroup/delegation.ts';
import type { ContainerReader } from '../reader/reader.ts';

/** The owner of what is the host's. */
export const hostOwner = 0;

/**
 * A number of 32 bits. Inodes of namespaces and cgroups never meet: the former are above
 * PROC_DYNAMIC_FIRST, the latter are counted from 1.
 */
export function ownerOf(
  { outermostPidns, pidnsInode }: ContainerReader,
  cgroup: ContainerCgroup,
): number {
  return (outermostPidns ?? delegatedInode(cgroup) ?? pidnsInode) | 0;
}
