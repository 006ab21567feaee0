// The text of /sys/devices/system/node/nodeN/meminfo: the host's own lines with the
// container's numbers, as in /proc/meminfo, as far as they are of this node.

import type { MemoryView } from '../view/memory.ts';
import { containerKib } from './meminfo.ts';

/** `Node 0 MemTotal:       12675288 kB` (node_read_meminfo() in drivers/base/node.c). */
const lineForm = /^(Node +\d+ )([\w()]+):( *)(\d+) kB$/;
const labelColumns = 16;
const numberColumns = 8;

/** The host's number of a line. */
export function nodeKibOf(hostText: string, label: string): number | undefined {
  for (const line of hostText.split('\n')) {
    const [, , found, , kib] = lineForm.exec(line) ?? [];
    if (found === label) return Number(kib);
  }
  return undefined;
}

export interface NodeMemory {
  readonly view: MemoryView;
  /** What of the container's memory this node has: its part of the memory of all shown nodes. */
  readonly share: number;
}

/** Renders it on a host whose own text is `hostText`. */
export function renderNodeMeminfo(hostText: string, { view, share }: NodeMemory): string {
  const hostTotalKib = nodeKibOf(hostText, 'MemTotal') ?? 0;
  const totalKib = Math.min(hostTotalKib, Math.floor(view.totalKib * share));
  const part = (kib: number) => Math.min(totalKib, Math.floor(kib * share));
  const usedKib = part(view.totalKib - view.freeKib);
  const special: Readonly<Record<string, number>> = {
    MemTotal: totalKib,
    MemFree: totalKib - usedKib,
    MemUsed: usedKib,
    // /proc/meminfo tells them as Buffers, Cached and SwapCached.
    FilePages: part(view.parts.cachedKib),
  };
  return hostText
    .split('\n')
    .map((line) => {
      const [, lead = '', label = ''] = lineForm.exec(line) ?? [];
      const whole = containerKib(label, view);
      const kib = special[label] ?? (whole === undefined ? undefined : part(whole));
      if (kib === undefined) return line;
      const padded = String(kib).padStart(numberColumns);
      return `${lead}${`${label}:`.padEnd(labelColumns)}${padded} kB`;
    })
    .join('\n');
}
