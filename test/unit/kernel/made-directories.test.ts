import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { makeDirectories, makePrivateDirectory } from '../../../src/kernel/made-directories.ts';

const root = mkdtempSync(join(tmpdir(), 'nsproc-test-'));
afterAll(() => rmSync(root, { recursive: true }));

const modeOf = (path: string) => statSync(path).mode & 0o777;

test('makeDirectories() makes what is missing, and takes what is there', () => {
  const path = join(root, 'a', 'b', 'c');
  makeDirectories(path, 0o755);
  makeDirectories(path, 0o755);
  expect(statSync(path).isDirectory()).toBe(true);
  symlinkSync(path, join(root, 'link'));
  makeDirectories(join(root, 'link'), 0o755);
});

test('makeDirectories() throws at a file, and where nothing can be made', () => {
  writeFileSync(join(root, 'file'), '');
  expect(() => makeDirectories(join(root, 'file'), 0o755)).toThrow(/EEXIST/);
  expect(() => makeDirectories(join(root, 'file', 'below'), 0o755)).toThrow(/ENOTDIR/);
  expect(() => makeDirectories('/proc/nsproc/below', 0o755)).toThrow(/ENOENT/);
});

test('makePrivateDirectory() makes one that nobody else may enter, also of one that is there', () => {
  const path = join(root, 'private');
  mkdirSync(path);
  chmodSync(path, 0o777);
  makePrivateDirectory(path);
  expect(modeOf(path)).toBe(0o700);
  makePrivateDirectory(join(root, 'x', 'y'));
  expect(modeOf(join(root, 'x'))).toBe(0o700);
});

test('makePrivateDirectory() takes no link', () => {
  symlinkSync(root, join(root, 'elsewhere'));
  expect(() => makePrivateDirectory(join(root, 'elsewhere'))).toThrow(/no directory/);
});
