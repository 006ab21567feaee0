// /sys/devices/system/node/nodeN/meminfo of a container.

import { readMemory } from '../cgroup/memory.ts';
import { parseHostMemory } from '../host/meminfo.ts';
import type { TextSource } from '../procfs/fallback.ts';
import { nodeKibOf, renderNodeMeminfo } from '../render/node-meminfo.ts';
import { takeMemoryView } from '../view/memory.ts';
import type { ShownMachine } from './shown-machine.ts';

function hostPathOf(node: number): string {
  return `/sys/devices/system/node/node${node}/meminfo`;
}

/**
 * The container's memory as /proc/meminfo shows it, divided among the nodes it is shown in
 * proportion to the memory these have.
 */
export function nodeMemorySource(node: number, { nodes }: ShownMachine): TextSource {
  const hostPath = hostPathOf(node);
  return {
    path: hostPath.slice(1),
    hostPath,
    containerText: ({ cgroup }, { host, shownMemory }) => {
      const hostText = host.readText(hostPath);
      const hostMemory = host.readText('/proc/meminfo');
      const reading = readMemory(cgroup);
      if (hostText === undefined || hostMemory === undefined || reading === undefined)
        return undefined;
      const kibs = nodes.map((each) =>
        nodeKibOf(host.readText(hostPathOf(each)) ?? '', 'MemTotal'),
      );
      const wholeKib = kibs.reduce<number>((sum, kib = 0) => sum + kib, 0);
      const ownKib = nodeKibOf(hostText, 'MemTotal') ?? 0;
      return renderNodeMeminfo(hostText, {
        view: takeMemoryView(reading, parseHostMemory(hostMemory), shownMemory),
        share: wholeKib === 0 ? 1 / nodes.length : ownKib / wholeKib,
      });
    },
  };
}
