import { expect, test } from 'vitest';
import {
  flagBitsOf,
  foreignMountIn,
  replacementOf,
  type ServedPlace,
  servedPlacesOf,
} from '../../../src/daemon/heal-plan.ts';
import { type MountLine, parseMountinfo } from '../../../src/kernel/mountinfo.ts';

const container = `\
100 90 0:30 / / rw - overlay overlay rw
101 100 0:31 / /proc rw - proc proc rw
102 100 0:32 / /sys ro - sysfs sysfs ro
103 101 0:40 /proc/meminfo /proc/meminfo ro,nosuid,nodev - fuse.lxcfs lxcfs rw
104 103 0:41 /proc/meminfo /proc/meminfo rw,relatime - fuse.nsproc nsproc ro
105 101 0:40 /proc/stat /proc/stat ro - fuse.lxcfs lxcfs rw
106 102 0:41 /sys/devices/system/cpu /sys/devices/system/cpu ro - fuse.nsproc nsproc ro
107 106 0:41 /sys/devices/system/cpu/online /sys/devices/system/cpu/online ro - fuse.nsproc nsproc ro
108 100 0:41 / /var/lib/nsproc ro - fuse.nsproc nsproc ro
109 101 0:50 / /proc/fs rw - fuse.sshfs somebody rw
110 100 0:40 /proc/uptime /etc/uptime ro - fuse.lxcfs lxcfs rw
111 105 0:60 / /proc/stat ro - tmpfs own ro
`;
const mounts = parseMountinfo(container);

test('servedPlacesOf() finds the mounts on procfs and sysfs, with what is below them', () => {
  const found = servedPlacesOf(mounts).map(({ target, layers }) => [
    target,
    layers.map(({ id }) => id),
  ]);
  expect(found).toEqual([
    ['/proc/meminfo', [104, 103]],
    ['/proc/stat', [105]],
    ['/sys/devices/system/cpu', [106]],
    ['/sys/devices/system/cpu/online', [107]],
  ]);
});

test('servedPlacesOf() of nothing is nothing', () => {
  expect(servedPlacesOf([])).toEqual([]);
  expect(servedPlacesOf(mounts.filter(({ type }) => type !== 'proc' && type !== 'sysfs'))).toEqual(
    [],
  );
});

test('foreignMountIn() finds what would go with a directory', () => {
  const place = servedPlacesOf(mounts).find(({ target }) => target.endsWith('/cpu'));
  expect(foreignMountIn(mounts, place as ServedPlace)).toBeUndefined();
  const mask = '120 106 0:61 / /sys/devices/system/cpu/cpu0 ro - tmpfs mask ro\n';
  const masked = parseMountinfo(container + mask);
  expect(foreignMountIn(masked, place as ServedPlace)?.id).toBe(120);
});

const mountOf = (type: string, root: string, mountPoint: string): MountLine => ({
  ...(mounts[3] as MountLine),
  type,
  root,
  mountPoint,
});

test.each([
  ['fuse.lxcfs', '/proc/meminfo', '/proc/meminfo', 'proc/meminfo'],
  ['fuse.lxcfs', '/proc/meminfo', '/jail/proc/meminfo', 'proc/meminfo'],
  ['fuse.nsproc', '/sys/devices/system/cpu', '/sys/devices/system/cpu', 'sys/devices/system/cpu'],
  ['fuse.nsproc', '/', '/proc/pressure', 'proc/pressure'],
  ['fuse.nsproc', '/cpu', '/jail/proc/pressure/cpu', 'proc/pressure/cpu'],
  ['fuse.nsproc', '/cpu', '/proc/pressure/io', undefined],
  ['fuse.nsproc', '/', '/proc/fs', undefined],
  ['fuse.lxcfs', '/', '/proc/pressure', undefined],
  ['fuse.lxcfs', '/cgroup/memory', '/proc/fs', undefined],
  ['fuse.lxcfs', '/procession', '/proc/fs', undefined],
])('replacementOf() of %s %s at %s is %s', (type, root, mountPoint, expected) => {
  expect(replacementOf(mountOf(type, root, mountPoint))).toBe(expected);
});

test.each([
  ['rw,relatime', 0],
  ['ro,nosuid,nodev,noexec,relatime', 15],
  ['ro', 1],
  ['rw,nosuid,nodev', 6],
])('flagBitsOf() of %s is %i', (options, bits) => {
  const mount = { ...(mounts[3] as MountLine), options: options.split(',') };
  expect(flagBitsOf(mount)).toBe(bits);
});
