// memory.stat of either version: one `KEY NUMBER` a line, in an order that a
// kernel keeps, with more keys in later kernels. Only the keys that are asked
// for are read: the file is parsed at every read of /proc/meminfo.

import { KernelFormatError } from '../kernel/format-error.ts';

/** Counters by the kernel's own names; `undefined` where this kernel has no such counter. */
export type MemoryStat<Key extends string> = Readonly<Record<Key, number | undefined>>;

export type MemoryStatParser<Key extends string> = (
  text: string,
  source: string,
) => MemoryStat<Key>;

const digitZero = 48;
const minus = 45;

/**
 * The number that begins at `start`. v1 kernels before 4.19 sum counters of
 * several CPUs without a lock, so for a moment one can be below zero; it counts
 * as zero.
 */
function numberAt(text: string, start: number, source: string): number {
  let at = text.charCodeAt(start) === minus ? start + 1 : start;
  const first = at;
  let value = 0;
  for (;;) {
    const digit = text.charCodeAt(at) - digitZero;
    if (!(digit >= 0 && digit <= 9)) break;
    value = value * 10 + digit;
    at += 1;
  }
  if (at === first) {
    const end = text.indexOf('\n', start);
    const line = text.slice(text.lastIndexOf('\n', start - 1) + 1, end < 0 ? undefined : end);
    throw new KernelFormatError(source, line, 'a name and a number');
  }
  return first === start ? value : 0;
}

/** A parser for some keys, quickest when they are listed in the kernel's order. */
export function memoryStatParser<Key extends string>(keys: readonly Key[]): MemoryStatParser<Key> {
  const wanted = keys.map((key) => ({ key, found: `\n${key} ` }));
  // Copied for every text, so that all results have one hidden class.
  const absent = Object.fromEntries(keys.map((key) => [key, undefined])) as Record<Key, undefined>;
  return (text, source) => {
    const lines = `\n${text}`;
    const stat: Record<Key, number | undefined> = { ...absent };
    let at = 0;
    for (const { key, found } of wanted) {
      let line = lines.indexOf(found, at);
      if (line < 0) line = lines.indexOf(found);
      if (line < 0) continue;
      at = line + found.length;
      stat[key] = numberAt(lines, at, source);
    }
    return stat;
  };
}

/** The number in a file that holds nothing else, such as memory.current. */
export function parseBytes(text: string, source: string): number {
  return numberAt(text, 0, source);
}
