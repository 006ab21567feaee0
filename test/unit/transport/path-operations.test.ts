import { beforeEach, describe, expect, it } from 'vitest';
import { FsError } from '../../../src/fuse/errno.ts';
import type { Caller, FileRead, FileSystem } from '../../../src/fuse/file-system.ts';
import type { Attr } from '../../../src/fuse/protocol/reply.ts';
import { PathOperations } from '../../../src/transport/path-operations.ts';

const ENOENT = 2;
const EIO = 5;
const EACCES = 13;
const EINVAL = 22;
const LOOKUP = 1;
const GETATTR = 3;
const largestFile = 2 ** 31 - 1;

const fixed = { linkCount: 1, sizeBytes: 4096, timeSec: 7 };
const nodes: readonly (Attr & { name: string; parentId: number })[] = [
  { name: '', parentId: 0, nodeId: 1, mode: 0o40555, ...fixed },
  { name: 'proc', parentId: 1, nodeId: 2, mode: 0o40555, ...fixed },
  { name: 'uptime', parentId: 2, nodeId: 3, mode: 0o100444, ...fixed },
  // Of the caller 4711 alone.
  { name: 'cpu1', parentId: 1, nodeId: 2 ** 52, inode: 77, uid: 5, mode: 0o40755, ...fixed },
  { name: 'link', parentId: 1, nodeId: 5, mode: 0o120777, ...fixed },
];

const reads: FileRead[] = [];
const callers: Caller[] = [];
const released: number[] = [];
let lastHandle = 2 ** 33;

function nodeWith(matches: (node: (typeof nodes)[number]) => boolean): Attr {
  const node = nodes.find(matches);
  if (node === undefined) throw new FsError('not there', ENOENT);
  const { name: _name, parentId: _parentId, ...attr } = node;
  return attr;
}

const fileSystem: FileSystem = {
  lookup: (parent, wanted) =>
    nodeWith(({ parentId, name }) => parentId === parent && name === wanted),
  attr: (wanted, caller) => {
    callers.push(caller);
    if (wanted === 2 ** 52 && caller.callerTid !== 4711) throw new FsError('not its', ENOENT);
    return nodeWith(({ nodeId }) => nodeId === wanted);
  },
  linkTarget: () => '../proc/uptime',
  openDirectory: () => true,
  directory: (nodeId) => {
    if (nodeId !== 1) throw new TypeError('a mistake');
    return [
      { name: '.', attr: nodeWith((node) => node.nodeId === 1), nextOffset: 1 },
      { name: 'proc', attr: nodeWith((node) => node.nodeId === 2), nextOffset: 2 },
    ];
  },
  openFile: () => lastHandle++,
  readFile: (read, caller, into, at) => {
    reads.push(read);
    callers.push(caller);
    return into.write('12.34 5.67\n', at, 'latin1');
  },
  releaseFile: (handle) => released.push(handle),
};

const reported: unknown[] = [];
const reportError = (...failure: unknown[]) => reported.push(failure);
const parts = { fileSystem, reportError, giveBackFds: () => {} };
const operations = new PathOperations(parts).operations();

beforeEach(() => {
  for (const list of [reads, callers, released, reported]) list.length = 0;
});

/** All that an operation answers, in the order in which it does. */
function answersOf(ask: (answer: (...answer: unknown[]) => void) => void): unknown[][] {
  const answers: unknown[][] = [];
  ask((...answer) => answers.push(answer));
  return answers;
}

function getattr(path: string, opcode = GETATTR, tid = 4711): unknown[][] {
  return answersOf((answer) => operations.getattr(`/${tid}.0.0.${opcode}${path}`, answer));
}

function opened(flags = 0): number {
  const [[result, file] = []] = answersOf((answer) =>
    operations.open('/4711.0.0.14/proc/uptime', flags, answer),
  );
  return result === 0 ? Number(file) : Number(result);
}

describe('getattr()', () => {
  it('finds a node by its path and tells its attributes, times in milliseconds', () => {
    expect(getattr('/proc/uptime')).toEqual([
      [
        0,
        {
          mode: 0o100444,
          uid: 0,
          gid: 0,
          size: 4096,
          nlink: 1,
          ino: 3,
          blksize: 4096,
          atime: 7000,
          mtime: 7000,
          ctime: 7000,
        },
      ],
    ]);
  });

  it('tells the inode and owner of a node that has its own', () => {
    expect(getattr('/cpu1')).toMatchObject([[0, { ino: 77, uid: 5 }]]);
  });

  it('knows the mount point', () => {
    expect(getattr('/')).toMatchObject([[0, { ino: 1 }]]);
  });

  it('refuses what is not there without a report', () => {
    expect(getattr('/proc/nothing')).toEqual([[-ENOENT]]);
    expect(reported).toEqual([]);
  });

  it('refuses a node that its caller does not have', () => {
    expect(getattr('/cpu1', GETATTR, 4712)).toEqual([[-ENOENT]]);
  });

  it('for LOOKUP tells it all the same, or the kernel drops what others mounted there', () => {
    expect(getattr('/cpu1', LOOKUP, 4712)).toMatchObject([[0, { ino: 77 }]]);
  });
});

describe('readdir() and readlink()', () => {
  it('give names with their attributes, and a target', () => {
    const listed = answersOf((answer) => operations.readdir('/4711.0.0.28/', answer));
    expect(listed).toMatchObject([[0, ['.', 'proc'], [{ ino: 1 }, { ino: 2 }]]]);
    const target = answersOf((answer) => operations.readlink('/4711.0.0.5/link', answer));
    expect(target).toEqual([[0, '../proc/uptime']]);
  });

  it('answer a mistake once, with EIO, and report it', () => {
    const listed = answersOf((answer) => operations.readdir('/4711.0.0.28/proc', answer));
    expect(listed.map(([result]) => result)).toEqual([-EIO]);
    expect(reported).toEqual([[expect.any(TypeError), { opcode: 28, callerTid: 4711 }]]);
  });
});

describe('open files', () => {
  it('are numbers of 31 bits for handles that are larger', () => {
    const files = [opened(), opened()];
    expect(new Set(files).size).toBe(2);
    for (const file of files) {
      expect(file).toBeGreaterThan(0);
      expect(file).toBeLessThanOrEqual(largestFile);
    }
  });

  it('are read through their handle, for whoever reads', () => {
    const file = opened();
    const into = Buffer.alloc(16);
    const answers = answersOf((answer) =>
      operations.read('/99.7.8.15/proc/uptime', file, into, 16, 2 ** 33, answer),
    );
    expect(answers).toEqual([[11]]);
    expect(into.toString('latin1', 0, 11)).toBe('12.34 5.67\n');
    const read = { nodeId: 3, handle: lastHandle - 1, offset: 2 ** 33, size: 16 };
    expect(reads).toEqual([{ ...read, isAskedAgain: false }]);
    expect(callers.at(-1)).toEqual({ callerTid: 99, uid: 7, gid: 8 });
  });

  it('are released once, and cannot be read then', () => {
    const file = opened();
    for (const _ of [1, 2]) {
      const path = '/0.0.0.18-';
      expect(answersOf((answer) => operations.release(path, file, answer))).toEqual([[0]]);
    }
    expect(released).toEqual([lastHandle - 1]);
    const into = Buffer.alloc(16);
    const read = answersOf((answer) =>
      operations.read('/99.7.8.15/proc/uptime', file, into, 16, 0, answer),
    );
    expect(read).toEqual([[-EINVAL]]);
  });

  it('are not for writing', () => {
    expect([opened(1), opened(2)]).toEqual([-EACCES, -EACCES]);
  });
});

describe('statfs()', () => {
  it('has sizes of 0', () => {
    const answers = answersOf((answer) => operations.statfs('/1.0.0.17/', answer));
    expect(answers).toEqual([[0, { bsize: 4096, frsize: 4096, namemax: 255 }]]);
  });
});
