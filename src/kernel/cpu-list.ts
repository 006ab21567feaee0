// The kernel's text for a set of CPUs (bitmap_print_to_pagebuf): `0-3,7`, or an
// empty line for no CPU.

import { KernelFormatError } from './format-error.ts';

/** CPU numbers in ascending order, none twice. */
export type CpuList = readonly number[];

/** No kernel is built for more; keeps a mistaken text from filling memory. */
const highestCpu = 65_535;

const rangeForm = /^(\d{1,5})(?:-(\d{1,5}))?$/;

/** Parses a CPU list. Throws KernelFormatError unless it is ascending. */
export function parseCpuList(text: string, source: string): CpuList {
  const line = text.trimEnd();
  const cpus: number[] = [];
  if (line === '') return cpus;
  let next = 0;
  for (const part of line.split(',')) {
    const match = rangeForm.exec(part);
    const first = Number(match?.[1]);
    const last = match?.[2] === undefined ? first : Number(match[2]);
    // Written so that NaN, from a part of another form, fails.
    if (!(next <= first && first <= last && last <= highestCpu)) {
      throw new KernelFormatError(source, line, 'ascending CPU numbers and ranges');
    }
    for (let cpu = first; cpu <= last; cpu++) cpus.push(cpu);
    next = last + 1;
  }
  return cpus;
}
