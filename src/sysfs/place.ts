// Places in the served parts of /sys/devices/system, and names in them.
//
// A place is what a name leads to for every reader: `cpu/cpu0/online` is one place, whichever of
// the host's CPUs is a reader's CPU 0. What is behind it is for the reader's ShownMachine to say.

import type { EntryType, ListedEntry } from '../host/system-devices.ts';

export const treeNames = ['cpu', 'node'] as const;
export type TreeName = (typeof treeNames)[number];

export interface Place {
  readonly tree: TreeName;
  /** N of `cpu/cpuN` or `node/nodeN`, and of all in it. */
  readonly index: number | undefined;
  /** The path from there; empty for the directory itself. */
  readonly rest: string;
  readonly type: EntryType;
}

/** A name that ends in a number of its own, without leading zeros. */
const numbered = /^(cpu|node|policy)(0|[1-9]\d{0,4})$/;

export interface NumberedName {
  readonly kind: TreeName | 'policy';
  readonly number: number;
}

export function numberedName(name: string): NumberedName | undefined {
  const match = numbered.exec(name);
  return match === null
    ? undefined
    : { kind: match[1] as NumberedName['kind'], number: Number(match[2]) };
}

export function rootOf(tree: TreeName): Place {
  return { tree, index: undefined, rest: '', type: 'directory' };
}

export function isRoot({ index, rest }: Place): boolean {
  return index === undefined && rest === '';
}

/** Names from /sys/devices/system on. */
export function namesOf({ tree, index, rest }: Place): string[] {
  const names = index === undefined ? [tree] : [tree, `${tree}${index}`];
  return rest === '' ? names : [...names, ...rest.split('/')];
}

export function nameOf(place: Place): string {
  return namesOf(place).at(-1) ?? '';
}

/** Preconditions: the place is no root. */
export function parentOf({ tree, index, rest }: Place): Place {
  const slash = rest.lastIndexOf('/');
  if (rest === '') return rootOf(tree);
  return { tree, index, rest: slash < 0 ? '' : rest.slice(0, slash), type: 'directory' };
}

export function childOf(parent: Place, name: string, type: EntryType): Place {
  const { tree, index, rest } = parent;
  const own = isRoot(parent) && type === 'directory' ? numberedName(name) : undefined;
  if (own?.kind === tree) return { tree, index: own.number, rest: '', type };
  return { tree, index, rest: rest === '' ? name : `${rest}/${name}`, type };
}

/**
 * As what an entry of the host is served; `undefined` when it is not. Links to CPUs and nodes stay
 * links, since these are served; a CPU's `cpufreq` is what it leads to; other links (to drivers,
 * memory blocks and the like) lead out of what is served.
 */
export function servedType({ name, type }: ListedEntry): EntryType | undefined {
  if (type !== 'link') return type;
  if (name === 'cpufreq') return 'directory';
  const own = numberedName(name);
  return own !== undefined && own.kind !== 'policy' ? 'link' : undefined;
}

/** Whether some readers have the place and some not, or have other things behind it. */
export function dependsOnReader({ index, rest }: Place): boolean {
  return index !== undefined || rest.split('/').some((name) => numberedName(name) !== undefined);
}
