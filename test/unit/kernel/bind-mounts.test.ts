import { expect, test } from 'vitest';
import { countPartsMounted } from '../../../src/kernel/bind-mounts.ts';

const mountinfo = `\
30 21 0:50 / /var/lib/nsproc ro,nosuid - fuse.nsproc nsproc ro
31 21 0:50 /proc/meminfo /rootfs/proc/meminfo ro - fuse.nsproc nsproc ro
32 21 0:50 /proc /rootfs/all ro shared:3 - fuse.nsproc nsproc ro
33 21 0:5 /proc/meminfo /rootfs/other ro - fuse.nsproc nsproc ro
34 21 8:1 / /0:50 rw - ext4 /dev/root rw
`;

test.each([
  ['parts, not the whole', '0:50', 2],
  ['not those of other file systems', '0:5', 1],
  ['none', '8:1', 0],
])('countPartsMounted() counts %s', (_case, device, expected) => {
  expect(countPartsMounted(mountinfo, device)).toBe(expected);
});
