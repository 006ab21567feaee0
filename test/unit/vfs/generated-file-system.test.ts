import { expect, test } from 'vitest';
import { GeneratedFileSystem } from '../../../src/vfs/generated-file-system.ts';
import { OpenFiles } from '../../../src/vfs/open-files.ts';
import { Tree } from '../../../src/vfs/tree.ts';

const ENOENT = 2;
const ENOTDIR = 20;
const EISDIR = 21;

const caller = { callerTid: 4138, uid: 0, gid: 0 };
const callers: unknown[] = [];
const files = [
  {
    path: 'proc/a',
    nodeId: 3,
    mode: 0o444,
    generate: (who: unknown) => {
      callers.push(who);
      return { text: 'caf\u00e9\n', owner: 0 };
    },
  },
];
const openFiles = new OpenFiles(OpenFiles.allocate(), 1);
const fileSystem = new GeneratedFileSystem(
  new Tree([{ path: 'proc', nodeId: 2 }], files, 0),
  openFiles,
);

function readOf(nodeId: number): () => number {
  const read = { nodeId, handle: 1, offset: 0, size: 10, isAskedAgain: false };
  return () => fileSystem.readFile(read, caller, Buffer.alloc(10), 0);
}

test.each<[string, () => unknown, number]>([
  ['lookup() of a name that is not there', () => fileSystem.lookup(1, 'a', caller), ENOENT],
  ['lookup() in a file', () => fileSystem.lookup(3, 'a', caller), ENOENT],
  ['attr() of no node', () => fileSystem.attr(9, caller), ENOENT],
  ['directory() of a file', () => fileSystem.directory(3, caller), ENOTDIR],
  ['directory() of no node', () => fileSystem.directory(9, caller), ENOENT],
  ['openFile() of a directory', () => fileSystem.openFile(2), EISDIR],
  ['openFile() of no node', () => fileSystem.openFile(9), ENOENT],
  ['readFile() of a directory', readOf(2), EISDIR],
  ['readFile() of no node', readOf(9), ENOENT],
])('%s throws', (_case, call, errno) => {
  expect(call).toThrow(expect.objectContaining({ name: 'FsError', errno }));
});

test('openFile() gives another handle each time and remembers nothing until a read', () => {
  const handles = [fileSystem.openFile(3), fileSystem.openFile(3)];
  expect(new Set(handles).size).toBe(2);
  expect(openFiles.usage()).toEqual({ entries: 0, pages: 0 });
  for (const handle of handles) fileSystem.releaseFile(handle);
});

test('readFile() writes a byte per character at the place it is given, for the caller', () => {
  const handle = fileSystem.openFile(3);
  const into = Buffer.alloc(9, '-');
  const read = { nodeId: 3, handle, offset: 0, size: 100, isAskedAgain: false };
  expect(fileSystem.readFile(read, caller, into, 2)).toBe(5);
  expect(into.toString('latin1')).toBe('--caf\u00e9\n--');
  expect(callers).toEqual([caller]);
  fileSystem.releaseFile(handle);
});

test('readFile() of no bytes keeps the text for nobody', () => {
  const handle = fileSystem.openFile(3);
  expect(readOf(3)()).toBe(5);
  const read = { nodeId: 3, handle, offset: 0, size: 0, isAskedAgain: false };
  expect(fileSystem.readFile(read, caller, Buffer.alloc(1), 0)).toBe(0);
  fileSystem.releaseFile(handle);
  fileSystem.releaseFile(1);
  expect(openFiles.usage()).toEqual({ entries: 0, pages: 0 });
});

test('releaseFile() of a handle that was never read, or is released already, does nothing', () => {
  const handle = fileSystem.openFile(3);
  fileSystem.releaseFile(handle);
  fileSystem.releaseFile(handle);
  fileSystem.releaseFile(0);
  expect(openFiles.usage()).toEqual({ entries: 0, pages: 0 });
});
