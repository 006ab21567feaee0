// Reads that a dead thread left behind, perhaps after it had answered them.

import { beforeEach, expect, test } from 'vitest';
import { GeneratedFileSystem } from '../../../src/vfs/generated-file-system.ts';
import { OpenFiles } from '../../../src/vfs/open-files.ts';
import { Tree } from '../../../src/vfs/tree.ts';

const caller = { callerTid: 0, uid: 0, gid: 0 };
let fileSystem: GeneratedFileSystem;
let handle: number;

/** Each text is of one letter, the next one's is another. */
beforeEach(() => {
  let letters = 0;
  const generate = () => ({ text: String.fromCharCode(97 + letters++).repeat(9), owner: 1 });
  const tree = new Tree([], [{ path: 'file', nodeId: 2, mode: 0o444, generate }], 0);
  fileSystem = new GeneratedFileSystem(tree, new OpenFiles(OpenFiles.allocate(), 1));
  handle = fileSystem.openFile(2);
});

function read(offset: number): string {
  return readAs({ offset, isAskedAgain: false, mayBeAnswered: false });
}

/** `isWaitedFor`: whether the kernel takes the answer. */
function readPerhapsAnswered(offset: number, isWaitedFor: boolean): string {
  const text = readAs({ offset, isAskedAgain: true, mayBeAnswered: true });
  fileSystem.deliver(() => isWaitedFor);
  return text;
}

function readAs(how: { offset: number; isAskedAgain: boolean; mayBeAnswered: boolean }): string {
  const into = Buffer.alloc(3);
  const count = fileSystem.readFile({ nodeId: 2, handle, size: 3, ...how }, caller, into, 0);
  return into.toString('latin1', 0, count);
}

test('a first read that was answered leaves its reader the text', () => {
  expect(read(0)).toBe('aaa');
  expect(readPerhapsAnswered(0, false)).toBe('bbb');
  expect([read(3), read(6), read(9)]).toEqual(['aaa', 'aaa', '']);
});

test('a first read that was not answered gives its reader the new text', () => {
  expect(read(0)).toBe('aaa');
  expect(readPerhapsAnswered(0, true)).toBe('bbb');
  expect([read(3), read(6), read(9)]).toEqual(['bbb', 'bbb', '']);
});

test('a later read that was answered, whose reader has read on, leaves it the text', () => {
  expect([read(0), read(3), read(6)]).toEqual(['aaa', 'aaa', 'aaa']);
  readPerhapsAnswered(3, false);
  expect(read(9)).toBe('');
});

test.each([true, false])('a later read is the same again, waited for: %s', (isWaitedFor) => {
  expect([read(0), read(3)]).toEqual(['aaa', 'aaa']);
  expect(readPerhapsAnswered(3, isWaitedFor)).toBe('aaa');
  expect([read(6), read(9)]).toEqual(['aaa', '']);
});
