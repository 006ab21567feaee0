import { expect, test } from 'vitest';
import { controlSocketOf, runDirectoryOf } from '../../../src/daemon/run-directory.ts';

test.each([
  ['/var/lib/nsproc', 'var-lib-nsproc'],
  ['/', '-'],
  ['/var//lib/', 'var-lib'],
  ['/srv/a-b c', String.raw`srv-a\x2db\x20c`],
  ['/.hidden/.too', String.raw`\x2ehidden-.too`],
  ['/mnt/ä', String.raw`mnt-\xc3\xa4`],
  ['/a\\b', String.raw`a\x5cb`],
])('runDirectoryOf(%j) is named as systemd-escape --path names it', (mountPoint, name) => {
  expect(runDirectoryOf(mountPoint, '/run/nsproc')).toBe(`/run/nsproc/${name}`);
});

test('runDirectoryOf() takes a digest where the path of the socket would be too long', () => {
  const root = '/run/nsproc';
  const ofLength = (length: number) => `/${'m'.repeat(length)}`;
  // '/run/nsproc/' and '/control' take 20 bytes.
  expect(controlSocketOf(ofLength(80), root)).toHaveLength(100);
  expect(controlSocketOf(ofLength(81), root)).toHaveLength(52);
  expect(runDirectoryOf(ofLength(81), root)).toMatch(/^\/run\/nsproc\/[0-9a-f]{32}$/);
  expect(runDirectoryOf(ofLength(82), root)).not.toBe(runDirectoryOf(ofLength(81), root));
});

test('runDirectoryOf() counts bytes, not characters', () => {
  expect(runDirectoryOf(`/${'ä'.repeat(30)}`, '/run/nsproc')).toMatch(/\/[0-9a-f]{32}$/);
});

test('runDirectoryOf() is below NSPROC_RUN_DIRECTORY where that is set', () => {
  const kept = process.env['NSPROC_RUN_DIRECTORY'];
  try {
    process.env['NSPROC_RUN_DIRECTORY'] = '/somewhere/else';
    expect(runDirectoryOf('/var/lib/nsproc')).toBe('/somewhere/else/var-lib-nsproc');
    delete process.env['NSPROC_RUN_DIRECTORY'];
    expect(runDirectoryOf('/var/lib/nsproc')).toBe('/run/nsproc/var-lib-nsproc');
  } finally {
    if (kept !== undefined) process.env['NSPROC_RUN_DIRECTORY'] = kept;
  }
});
