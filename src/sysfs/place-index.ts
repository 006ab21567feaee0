// The places that a thread knows by their node ids. What it does not know, because another
// thread or an earlier daemon named it to the kernel, it finds by looking through the host's tree.

import { highestIndex, nodeIdOf, type PlaceHint, parseNodeId, rootNodeIds } from './node-ids.ts';
import { type Place, rootOf, treeNames } from './place.ts';

/** What is in a place, for one reader; nothing when it is not there or no directory. */
export type ListPlace = (place: Place) => readonly Place[];

type Part = Pick<Place, 'rest' | 'type'>;

/** More than any host's names; then it begins anew. */
const maxParts = 1 << 16;
/** Listed in one search at most. */
const maxDirectories = 1 << 13;

/** Parts of the same names are in each `cpuN`, so one search there finds them for all. */
export class PlaceIndex {
  readonly #parts = new Map<string, Part>();

  /** @returns its node id; `undefined` when it can have none, having that of another place. */
  add(place: Place): number | undefined {
    const { index = 0, rest, type } = place;
    if (index > highestIndex) return undefined;
    const nodeId = nodeIdOf(place);
    const hint = parseNodeId(nodeId);
    if (hint === undefined || hint === 'root') return nodeId;
    const key = keyOf(hint);
    const known = this.#parts.get(key);
    if (known === undefined) this.#add(key, { rest, type });
    else if (known.rest !== rest || known.type !== type) return undefined;
    return nodeId;
  }

  /** Whether the place is there for some reader, as far as this thread has heard. */
  knows(place: Place): boolean {
    const hint = parseNodeId(nodeIdOf(place));
    if (hint === undefined || hint === 'root') return false;
    const { rest, type } = this.#parts.get(keyOf(hint)) ?? {};
    return rest === place.rest && type === place.type;
  }

  find(nodeId: number, list: ListPlace): Place | undefined {
    const hint = parseNodeId(nodeId);
    if (hint === undefined) return undefined;
    if (hint === 'root')
      return treeNames.map(rootOf).find(({ tree }) => rootNodeIds[tree] === nodeId);
    const { tree, index } = hint;
    const key = keyOf(hint);
    const top = { tree, index, rest: '', type: 'directory' } as const;
    if (!this.#parts.has(key)) this.#search(top, key, list);
    const part = this.#parts.get(key);
    return part && { tree, index, ...part };
  }

  /** Breadth first, until the key is known. */
  #search(top: Place, key: string, list: ListPlace): void {
    this.add(top);
    const directories = [top];
    for (const place of directories) {
      if (this.#parts.has(key) || directories.length > maxDirectories) return;
      const children = list(place);
      for (const child of children) this.add(child);
      // What is in `cpuN` is looked for in the one that the id names.
      const isInside = ({ type, index }: Place) => type === 'directory' && index === top.index;
      directories.push(...children.filter(isInside));
    }
  }

  #add(key: string, part: Part): void {
    if (this.#parts.size >= maxParts) this.#parts.clear();
    this.#parts.set(key, part);
  }
}

function keyOf({ tree, index, hash }: PlaceHint): string {
  return `${tree}${index === undefined ? '' : '#'}${hash}`;
}
