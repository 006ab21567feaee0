import { describe, expect, it } from 'vitest';
import {
  comparedPaths,
  isBelow,
  parentBelowRoot,
  siblingOfInit,
  withoutInitScope,
} from '../../../src/reader/cgroup-text.ts';

describe('withoutInitScope()', () => {
  it.each([
    ['0::/docker/x/init.scope\n', '0::/docker/x\n'],
    ['0::/init.scope\n', '0::/\n'],
    ['4:memory:/a\n1:name=systemd:/a/init.scope\n', '4:memory:/a\n1:name=systemd:/a\n'],
    ['0::/a/init.scope/b\n', '0::/a/init.scope/b\n'],
    ['0::/a/my-init.scope\n', '0::/a/my-init.scope\n'],
    ['0::/a/init.scope/init.scope\n', '0::/a/init.scope\n'],
    ['0::/a\n', '0::/a\n'],
    ['', ''],
  ])('makes %j into %j', (text, expected) => {
    expect(withoutInitScope(text)).toBe(expected);
  });
});

describe('comparedPaths()', () => {
  it.each([
    [
      'the v1 line of memory',
      '9:cpu:/c\n4:memory:/m\n0::/u\n',
      '9:cpu:/C\n4:memory:/M\n0::/U\n',
      ['/m', '/M'],
    ],
    ['memory joined with others', '4:hugetlb,memory:/m\n', '4:hugetlb,memory:/M\n', ['/m', '/M']],
    ['else the v2 line', '1:name=systemd:/s\n0::/u\n', '1:name=systemd:/S\n0::/U\n', ['/u', '/U']],
    ['else the first', '9:cpu:/c\n1:pids:/p\n', '9:cpu:/C\n1:pids:/P\n', ['/c', '/C']],
    ['paths with colons', '0::/a:b:c\n', '0::/:\n', ['/a:b:c', '/:']],
    ['removed cgroups', '0::/a (deleted)\n', '0::/a/b (deleted)\n', ['/a', '/a/b']],
  ])('takes %s', (_, text, other, expected) => {
    expect(comparedPaths(text, other)).toEqual(expected);
  });

  it.each([
    ['', '0::/\n'],
    ['0::/\n', ''],
    ['nonsense', 'nonsense'],
    ['0::/\n', '4:memory:/\n'],
  ])('is undefined for %j and %j, which have nothing in common', (text, other) => {
    expect(comparedPaths(text, other)).toBeUndefined();
  });
});

describe('isBelow()', () => {
  it.each([
    ['/a/b', '/a', true],
    ['/a/b/c', '/a', true],
    ['/a', '/', true],
    ['/a', '/a', false],
    ['/', '/', false],
    ['/ab', '/a', false],
    ['/a', '/a/b', false],
  ])('%s below %s: %s', (path, ancestor, expected) => {
    expect(isBelow(path, ancestor)).toBe(expected);
  });
});

describe('parentBelowRoot()', () => {
  it.each([
    ['/a/b', '/a'],
    ['/a/b/c', '/a/b'],
    ['/a', undefined],
    ['/', undefined],
    ['/../a', undefined],
    ['/../../a', undefined],
    ['/../a/b', '/../a'],
    ['', undefined],
  ])('of %j is %j', (path, expected) => {
    expect(parentBelowRoot(path)).toBe(expected);
  });
});

describe('siblingOfInit()', () => {
  it('cuts each hierarchy by the place of init in that hierarchy', () => {
    const init = '4:memory:/pods/p1/pause\n2:cpu:/pods/p1/pause\n1:pids:/pause\n0::/\n';
    const reader =
      '4:memory:/pods/p1/app/sub/x\n2:cpu:/pods/p1/app\n1:pids:/app/sub\n0::/app/sub\n';
    expect(siblingOfInit(reader, init)).toBe(
      '4:memory:/pods/p1/app\n2:cpu:/pods/p1/app\n1:pids:/app/sub\n0::/app/sub\n',
    );
  });

  it('leaves a hierarchy in which only the reader is', () => {
    expect(siblingOfInit('7:misc:/a/b/c\n', '4:memory:/pods/p1/pause\n')).toBe('7:misc:/a/b/c\n');
  });
});
