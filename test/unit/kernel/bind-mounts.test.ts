import { expect, test } from 'vitest';
import { countUsesIn } from '../../../src/kernel/bind-mounts.ts';

const mountinfo = `\
30 21 0:50 / /var/lib/nsproc ro,nosuid - fuse.nsproc nsproc ro
31 21 0:50 /proc/meminfo /rootfs/proc/meminfo ro - fuse.nsproc nsproc ro
32 21 0:50 /proc /rootfs/all ro shared:3 - fuse.nsproc nsproc ro
33 21 0:5 /proc/meminfo /rootfs/other ro - fuse.nsproc nsproc ro
34 21 8:1 / /0:50 rw - ext4 /dev/root rw
35 21 0:51 / /var/lib/my\\040files/proc/pressure rw - fuse.nsproc nsproc rw
36 21 0:51 / /host/var/lib/my\\040files/proc/pressure rw - fuse.nsproc nsproc rw
37 21 0:51 / /rootfs/proc/pressure rw - fuse.nsproc nsproc rw
`;

test.each([
  ['parts, not the whole at its place', '0:50', '/var/lib/nsproc', 2],
  [
    'the whole at another place, not in copies of its own',
    '0:51',
    '/var/lib/my files/proc/pressure',
    1,
  ],
  ['not those of other file systems', '0:5', '/var/lib/nsproc', 1],
  ['none', '8:2', '/', 0],
])('countUsesIn() counts %s', (_case, device, directory, expected) => {
  expect(countUsesIn(mountinfo, { device, directory })).toBe(expected);
});
