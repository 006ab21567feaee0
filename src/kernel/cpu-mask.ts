// The kernel's text for a set of CPUs as a bit mask (`%*pb`): groups of 32 bits in hexadecimal, the
// highest first, `ff,ffffffff`.

import type { CpuList } from './cpu-list.ts';
import { KernelFormatError } from './format-error.ts';

const groupForm = /^[0-9a-f]{1,8}$/i;
/** No kernel is built for more than 8192 CPUs. */
const maxGroups = 256;

/** Parses a mask; throws KernelFormatError unless it is one. */
export function parseCpuMask(text: string, source: string): CpuList {
  const line = text.trimEnd();
  const groups = line.split(',').reverse();
  if (groups.length > maxGroups || !groups.every((group) => groupForm.test(group))) {
    throw new KernelFormatError(source, line, 'groups of hexadecimal digits');
  }
  const cpus: number[] = [];
  for (const [index, group] of groups.entries()) {
    const word = Number.parseInt(group, 16);
    for (let bit = 0; bit < 32; bit++) {
      if (((word >>> bit) & 1) === 1) cpus.push(index * 32 + bit);
    }
  }
  return cpus;
}
