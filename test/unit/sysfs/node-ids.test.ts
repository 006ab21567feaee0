import { expect, test } from 'vitest';
import {
  highestIndex,
  inodeOf,
  nodeIdOf,
  ownsNodeId,
  parseNodeId,
} from '../../../src/sysfs/node-ids.ts';
import { type Place, rootOf } from '../../../src/sysfs/place.ts';

const coreId: Place = { tree: 'cpu', index: 0, rest: 'topology/core_id', type: 'file' };

// A kernel that holds a mount remembers these ids; a later daemon must make the same.
test.each<[Place, number]>([
  [rootOf('cpu'), 11],
  [rootOf('node'), 12],
  [{ tree: 'cpu', index: undefined, rest: 'online', type: 'file' }, 4_503_642_263_840_155],
  [coreId, 4_503_760_813_815_464],
])('nodeIdOf(%j) is what it always was', (place, nodeId) => {
  expect(nodeIdOf(place)).toBe(nodeId);
});

test.each<Place>([
  coreId,
  { ...coreId, tree: 'node' },
  { ...coreId, index: highestIndex },
  { ...coreId, index: undefined },
  { tree: 'node', index: 5, rest: '', type: 'directory' },
])('parseNodeId() finds the tree and the index of %j again', (place) => {
  const nodeId = nodeIdOf(place);
  expect(Number.isSafeInteger(nodeId)).toBe(true);
  expect(ownsNodeId(nodeId)).toBe(true);
  expect(parseNodeId(nodeId)).toMatchObject({ tree: place.tree, index: place.index });
});

test('nodeIdOf() tells types and indexes apart', () => {
  const places: Place[] = [
    coreId,
    { ...coreId, index: 1 },
    { ...coreId, type: 'directory' },
    { ...coreId, type: 'link' },
    { ...coreId, rest: 'topology/core_ic' },
  ];
  expect(new Set(places.map(nodeIdOf)).size).toBe(places.length);
});

test.each([0, 1, 2, 10, 13, 16, 33, 2 ** 31, 2 ** 52 - 1, 2 ** 53, 2 ** 63])(
  'ownsNodeId(%d) is false, and parseNodeId() finds nothing',
  (nodeId) => {
    expect(ownsNodeId(nodeId)).toBe(false);
    expect(parseNodeId(nodeId)).toBeUndefined();
  },
);

test('inodeOf() fits into 31 bits and is above the ids of the catalogue', () => {
  for (const index of [0, 1, 255, highestIndex]) {
    const inode = inodeOf(nodeIdOf({ ...coreId, index }));
    expect(inode).toBeGreaterThan(2 ** 30);
    expect(inode).toBeLessThan(2 ** 31);
  }
  expect(inodeOf(11)).toBe(11);
});
