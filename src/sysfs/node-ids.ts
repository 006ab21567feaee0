// Node ids of places, made from the places themselves: every thread finds the same, and so
// does a later daemon on a mount that lives on.
//
//   2^52 + (1 bit tree, 14 bits index + 1, 37 bits hash of type and rest)
//
// That is far above all ids of the catalogue, and exact in a double.

import { keyedHash } from '../shared/keyed-hash.ts';
import { isRoot, type Place, type TreeName, treeNames } from './place.ts';

const firstId = 2 ** 52;
const hashSize = 2 ** 37;
const indexSize = 2 ** 14;
/** Of CONFIG_NR_CPUS and of nodes, no kernel is built for more than 8192 and 1024. */
export const highestIndex = indexSize - 2;

/** Node ids of the way to the trees and of their roots: part of the catalogue's promise. */
export const wayNodeIds = { sys: 8, devices: 9, system: 10 } as const;
export const rootNodeIds: Readonly<Record<TreeName, number>> = { cpu: 11, node: 12 };

/** What is known of a place from its id alone. */
export interface PlaceHint {
  readonly tree: TreeName;
  readonly index: number | undefined;
  readonly hash: number;
}

/** The host's kernel chooses all names, so nobody can steer them to collide. */
const noSecret = { low: 0, high: 0 };

function hashOf({ type, rest }: Place): number {
  const { low, high } = keyedHash(`${type}:${rest}`, noSecret);
  return (high & 31) * 2 ** 32 + (low >>> 0);
}

export function nodeIdOf(place: Place): number {
  const { tree, index = -1 } = place;
  if (isRoot(place)) return rootNodeIds[tree];
  const indexed = treeNames.indexOf(tree) * indexSize + index + 1;
  return firstId + indexed * hashSize + hashOf(place);
}

/** `undefined` for an id of another part of the file system. */
export function parseNodeId(nodeId: number): PlaceHint | 'root' | undefined {
  if (nodeId < firstId || nodeId >= 2 * firstId) return isRootId(nodeId) ? 'root' : undefined;
  const hash = nodeId % hashSize;
  const indexed = Math.floor((nodeId - firstId) / hashSize);
  const tree = treeNames[Math.floor(indexed / indexSize)];
  if (tree === undefined) return undefined;
  const index = indexed % indexSize;
  return { tree, index: index === 0 ? undefined : index - 1, hash };
}

function isRootId(nodeId: number): boolean {
  return nodeId === rootNodeIds.cpu || nodeId === rootNodeIds.node;
}

export function ownsNodeId(nodeId: number): boolean {
  return nodeId >= firstId ? nodeId < 2 * firstId : isRootId(nodeId);
}

/**
 * The number that programs see. In 31 bits, since 32-bit programs fail with EOVERFLOW on larger
 * ones; above all of the catalogue.
 */
export function inodeOf(nodeId: number): number {
  if (nodeId < firstId) return nodeId;
  const upper = Math.floor((nodeId - firstId) / hashSize);
  return (((nodeId % 2 ** 30) ^ Math.imul(upper, 0x9e3779b1)) & (2 ** 30 - 1)) + 2 ** 30;
}
