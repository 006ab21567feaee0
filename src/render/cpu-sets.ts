// Sets of CPUs as the kernel prints them (bitmap_print_to_pagebuf() in lib/bitmap-str.c).

import type { CpuList } from '../cgroup/cpuset.ts';

/** `0-3,7`; an empty line for none. Nodes are listed the same way. */
export function renderCpuList(cpus: CpuList): string {
  const ranges: string[] = [];
  for (let at = 0; at < cpus.length; ) {
    const first = cpus[at] ?? 0;
    let last = first;
    for (at++; cpus[at] === last + 1; at++) last++;
    ranges.push(first === last ? `${first}` : `${first}-${last}`);
  }
  return `${ranges.join(',')}\n`;
}

/** `0f,ffffffff`: as many digits as `cpuCount` CPUs need. */
export function renderCpuMask(cpus: CpuList, cpuCount: number): string {
  const groups = new Uint32Array(Math.max(1, Math.ceil(cpuCount / 32)));
  for (const cpu of cpus) groups[cpu >>> 5] = (groups[cpu >>> 5] ?? 0) | (1 << (cpu & 31));
  const highestBits = cpuCount - (groups.length - 1) * 32;
  const texts = [...groups].map((group, index) => {
    const bits = index === groups.length - 1 ? highestBits : 32;
    return group.toString(16).padStart(Math.ceil(bits / 4), '0');
  });
  return `${texts.reverse().join(',')}\n`;
}
