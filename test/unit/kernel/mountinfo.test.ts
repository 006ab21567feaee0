import { expect, test } from 'vitest';
import {
  type MountLine,
  mountOver,
  mountSeenAt,
  mountsInside,
  parseMountinfo,
} from '../../../src/kernel/mountinfo.ts';

const mountinfo = `\
21 1 8:1 / / rw,relatime shared:1 - ext4 /dev/root rw
22 21 0:5 / /proc rw,nosuid shared:2 master:1 - proc proc rw
30 22 0:50 /proc/meminfo /proc/meminfo ro,nosuid,nodev,noexec - fuse.lxcfs lxcfs rw,user_id=0
31 30 0:51 /proc/meminfo//deleted /proc/meminfo rw shared:7 - fuse.nsproc over\\040it rw
32 21 0:52 /a\\134b /mnt/a\\040b\\011c ro - tmpfs none ro
33 21 0:53 / /proc2 ro - proc proc ro
`;
const mounts = parseMountinfo(mountinfo);

test('parseMountinfo() reads the fields, without escapes and marks', () => {
  expect(mounts).toHaveLength(6);
  expect(mounts[3]).toEqual({
    id: 31,
    parentId: 30,
    device: '0:51',
    root: '/proc/meminfo',
    mountPoint: '/proc/meminfo',
    options: ['rw'],
    type: 'fuse.nsproc',
    source: 'over it',
  });
  expect(mounts[4]).toMatchObject({ root: '/a\\b', mountPoint: '/mnt/a b\tc', type: 'tmpfs' });
});

test.each([
  ['nothing', ''],
  ['an empty line', '\n'],
  ['a line cut short', '22 21 0:5 /'],
])('parseMountinfo() of %s is nothing', (_case, text) => {
  expect(parseMountinfo(text)).toEqual([]);
});

test('mountOver() finds what is mounted at the root of a mount', () => {
  const [root, proc, lower, upper] = mounts as [MountLine, MountLine, MountLine, MountLine];
  expect(mountOver(mounts, lower)).toBe(upper);
  expect(mountOver(mounts, upper)).toBeUndefined();
  expect(mountOver(mounts, proc)).toBeUndefined();
  expect(mountOver(mounts, root)).toBeUndefined();
});

test.each([
  ['the topmost of several', '/proc/meminfo', 31],
  ['the mount that a path is in', '/proc/uptime', 22],
  ['one whose name begins alike', '/proc2/x', 33],
  ['the root', '/procession', 21],
])('mountSeenAt() finds %s', (_case, path, id) => {
  expect(mountSeenAt(mounts, path)?.id).toBe(id);
});

test('mountSeenAt() does not find what a mount above hides', () => {
  const hidden = `${mountinfo}40 22 0:60 / /proc rw - tmpfs own rw\n`;
  expect(mountSeenAt(parseMountinfo(hidden), '/proc/meminfo')?.id).toBe(40);
});

test('mountSeenAt() begins at a root whose parent is out of sight', () => {
  expect(mountSeenAt([], '/')).toBeUndefined();
  expect(mountSeenAt(mounts.slice(1), '/proc/meminfo')?.id).toBe(31);
});

test('mountsInside() finds what is below a path, not at it', () => {
  const idsIn = (path: string) => mountsInside(mounts, path).map(({ id }) => id);
  expect(idsIn('/proc')).toEqual([30, 31]);
  expect(idsIn('/proc/meminfo')).toEqual([]);
  expect(idsIn('/')).toEqual([22, 30, 31, 32, 33]);
});
