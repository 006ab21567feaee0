import { expect, test } from 'vitest';
import { listDirectory } from '../../../src/kernel/list-directory.ts';
import { withTree } from '../../support/fixture.ts';

const files = { 'a/x': '', 'b/c/x': '', 'd/x': '', file: '' };

test('listDirectory() names folders, not files and not what is in them', () => {
  withTree(files, (root) => {
    expect(listDirectory(root, 9).sort()).toEqual(['a', 'b', 'd']);
    expect(listDirectory(`${root}/a`, 9)).toEqual([]);
  });
});

test('listDirectory() stops at a bound', () => {
  withTree(files, (root) => {
    expect(listDirectory(root, 2)).toHaveLength(2);
  });
});

test('listDirectory() finds nothing in a folder that is gone', () => {
  withTree(files, (root) => {
    expect(listDirectory(`${root}/gone`, 9)).toEqual([]);
  });
});

test('listDirectory() tells other failures', () => {
  withTree(files, (root) => {
    expect(() => listDirectory(`${root}/file`, 9)).toThrow('ENOTDIR');
  });
});
