// The kernel objects (slab) of a container, where the kernel lists them apart.

import { readTextFile } from '../kernel/kept-file.ts';
import { type ContainerCgroup, isRoot } from './container-cgroup.ts';

const fileName = 'memory.kmem.slabinfo';

/**
 * The list in the form of slabinfo(5); `undefined` when there is none. Only v1 has one, and
 * only until Linux 5.9 (since then the file is empty). Not kept open: it is many records,
 * and it is read by few.
 */
export function readSlabinfo(cgroup: ContainerCgroup): string | undefined {
  const memory = cgroup.controller('memory');
  if (memory?.version !== 1 || isRoot(memory)) return undefined;
  const text = readTextFile(`${memory.chain[0]?.path}/${fileName}`);
  return text === '' ? undefined : text;
}
