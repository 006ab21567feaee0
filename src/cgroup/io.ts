// What a container has read and written, whichever version counts it.

import { type ContainerCgroup, isRoot } from './container-cgroup.ts';
import type { IoUsage } from './io-usage.ts';
import { readBlkio } from './v1/blkio.ts';
import { parseIoStat } from './v2/io.ts';

/**
 * `undefined` when it is not counted apart from the host's, or the cgroup is
 * gone. An ancestor's numbers would be those of its other children as well, so
 * the controller must be enabled in the container's own cgroup.
 */
export function readIoUsage(cgroup: ContainerCgroup): IoUsage | undefined {
  const controller = cgroup.controller('blkio');
  if (controller === undefined || isRoot(controller)) return undefined;
  const [own] = controller.chain;
  const root = controller.chain.at(-1);
  if (own === undefined || root === undefined) return undefined;
  if (controller.version === 1) return readBlkio(own, root);
  const text = own.readText('io.stat');
  return text === undefined ? undefined : parseIoStat(text, `${own.path}/io.stat`);
}
