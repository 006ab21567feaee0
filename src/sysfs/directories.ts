// The fixed directories on the way to the trees.

import type { SystemDevices } from '../host/system-devices.ts';
import type { DirectoryRow } from '../vfs/tree.ts';
import { rootNodeIds, wayNodeIds } from './node-ids.ts';
import { treeNames } from './place.ts';

/** Of those trees that the host has: one without NUMA has no `node`. */
export function systemDirectories(host: SystemDevices): DirectoryRow[] {
  const trees = treeNames.filter((tree) => host.stat(tree)?.type === 'directory');
  if (trees.length === 0) return [];
  return [
    { path: 'sys', nodeId: wayNodeIds.sys },
    { path: 'sys/devices', nodeId: wayNodeIds.devices },
    { path: 'sys/devices/system', nodeId: wayNodeIds.system },
    ...trees.map((tree) => ({
      path: `sys/devices/system/${tree}`,
      nodeId: rootNodeIds[tree],
      isDynamic: true,
    })),
  ];
}
