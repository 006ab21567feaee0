import { expect, test } from 'vitest';
import { type GeneratedFile, Tree } from '../../../src/vfs/tree.ts';

function fileOf(path: string, nodeId: number, mode = 0o444): GeneratedFile {
  return { path, nodeId, mode, generate: () => ({ text: '', owner: 0 }) };
}

const tree = new Tree(
  [
    { path: 'proc', nodeId: 2 },
    { path: 'sys', nodeId: 3 },
    { path: 'sys/devices', nodeId: 4 },
    { path: 'sys/kernel', nodeId: 5 },
  ],
  [fileOf('proc/b', 10), fileOf('proc/a', 11, 0o400), fileOf('sys/devices/online', 12)],
  77,
);

test('attr() counts a directory, its "." and the ".." of each directory in it', () => {
  const counts = [1, 2, 3, 4, 5].map((nodeId) => tree.attr(nodeId)?.linkCount);
  expect(counts).toEqual([4, 2, 4, 2, 2]);
});

test('attr() tells type, permissions, one link and the time of a file', () => {
  expect(tree.attr(11)).toEqual({
    nodeId: 11,
    mode: 0o100400,
    linkCount: 1,
    sizeBytes: 4096,
    timeSec: 77,
  });
  expect(tree.attr(2)).toMatchObject({ mode: 0o040555, timeSec: 77 });
  expect(tree.attr(6)).toBeUndefined();
});

test('entries() lists ".", "..", then directories and files in the order they were given', () => {
  const listed = (nodeId: number) =>
    tree.entries(nodeId)?.map(({ name, attr, nextOffset }) => [name, attr.nodeId, nextOffset]);
  expect(listed(1)).toEqual([
    ['.', 1, 1],
    ['..', 1, 2],
    ['proc', 2, 3],
    ['sys', 3, 4],
  ]);
  expect(listed(2)).toEqual([
    ['.', 2, 1],
    ['..', 1, 2],
    ['b', 10, 3],
    ['a', 11, 4],
  ]);
  expect(listed(4)).toEqual([
    ['.', 4, 1],
    ['..', 3, 2],
    ['online', 12, 3],
  ]);
});

test('entries() is undefined for a file and for a node that is not there', () => {
  expect(tree.entries(10)).toBeUndefined();
  expect(tree.entries(99)).toBeUndefined();
});

test('child() finds what is in a directory itself, and nothing else', () => {
  expect(tree.child(2, 'b')?.nodeId).toBe(10);
  expect(tree.child(3, 'devices')?.nodeId).toBe(4);
  for (const [parent, name] of [
    [1, 'b'],
    [1, 'proc/b'],
    [1, ''],
    [1, '.'],
    [10, 'b'],
    [99, 'b'],
    [2, '__proto__'],
  ] as const) {
    expect(tree.child(parent, name)).toBeUndefined();
  }
});

test('file() finds files only', () => {
  expect(tree.file(12)?.path).toBe('sys/devices/online');
  expect(tree.file(2)).toBeUndefined();
});

test.each<[string, () => Tree]>([
  ['a node id that two files have', () => new Tree([], [fileOf('a', 2), fileOf('b', 2)], 0)],
  ['the node id of the root', () => new Tree([], [fileOf('a', 1)], 0)],
  ['a node id of a directory', () => new Tree([{ path: 'd', nodeId: 2 }], [fileOf('a', 2)], 0)],
  ['a path that two files have', () => new Tree([], [fileOf('a', 2), fileOf('a', 3)], 0)],
  ['a path of a directory', () => new Tree([{ path: 'd', nodeId: 2 }], [fileOf('d', 3)], 0)],
  ['a file in no directory', () => new Tree([], [fileOf('d/a', 2)], 0)],
  ['a file in a file', () => new Tree([], [fileOf('a', 2), fileOf('a/b', 3)], 0)],
  [
    'a directory before its parent',
    () =>
      new Tree(
        [
          { path: 'd/e', nodeId: 2 },
          { path: 'd', nodeId: 3 },
        ],
        [],
        0,
      ),
  ],
])('Tree refuses %s', (_case, make) => {
  expect(make).toThrow(RangeError);
});
