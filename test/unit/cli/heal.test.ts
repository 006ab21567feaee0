import { expect, test } from 'vitest';
import { renderForeign, renderHealed } from '../../../src/cli/heal.ts';
import type { HealedMount } from '../../../src/daemon/heal.ts';

const replaced: HealedMount = {
  pid: 4711,
  command: 'nginx',
  namespace: 4026532178,
  target: '/proc/meminfo',
  dead: { type: 'fuse.lxcfs', source: 'lxcfs', device: '0:41', root: '/proc/meminfo', layers: 2 },
  replacement: '/var/lib/nsproc/proc/meminfo',
  result: 'replaced',
  reason: null,
};
const missing: HealedMount = {
  ...replaced,
  target: '/proc/fs',
  dead: { ...replaced.dead, root: '/', layers: 1 },
  replacement: null,
  result: 'missing',
  reason: 'the live mount has no such file',
};

test('renderHealed() has a line for each mount, and counts them', () => {
  expect(renderHealed([replaced, missing], false)).toBe(`\
            pid   command  namespace   target         dead mount                                replacement
replaced    4711  nginx    4026532178  /proc/meminfo  fuse.lxcfs 0:41 /proc/meminfo (2 layers)  /var/lib/nsproc/proc/meminfo
not healed  4711  nginx    4026532178  /proc/fs       fuse.lxcfs 0:41 /                         -                             the live mount has no such file

1 replaced, 0 left alone, 1 not healed.
`);
});

test('renderHealed() of a dry run counts what is to be replaced', () => {
  const text = renderHealed([{ ...replaced, result: 'ready' }], true);
  expect(text).toMatch(/^would replace {2}4711 /m);
  expect(text).toMatch(/^1 to replace, 0 left alone, 0 not healed\.$/m);
});

test('renderHealed() of nothing says so', () => {
  expect(renderHealed([], false)).toBe('No container has dead mounts: nothing to heal.\n');
});

test('renderForeign() leaves nothing that moves a cursor or a line', () => {
  expect(renderForeign('npm start')).toBe('npm start');
  expect(renderForeign('a\u001b[2J\n\u009b\u00e9')).toBe('a\\x1b[2J\\x0a\\x9b\\xe9');
});
