import { expect, test } from 'vitest';
import { parseMountsAt, readMountsAt } from '../../../src/kernel/mounts.ts';

const mountinfo = `\
21 1 8:1 / / rw,relatime shared:1 - ext4 /dev/root rw
22 21 0:5 / /dev rw,nosuid shared:2 master:1 - devtmpfs udev rw,size=4k
30 21 0:50 / /var/lib/nsproc ro,nosuid,nodev,noexec - fuse.nsproc nsproc ro,user_id=0
31 30 0:51 / /var/lib/nsproc rw shared:7 - tmpfs over\\040it rw
32 21 0:52 / /var/lib/nsproc2 ro - fuse.nsproc nsproc ro
33 21 0:53 / /mnt/a\\040b\\011c\\012d\\134e ro - fuse.nsproc nsproc ro
34 21 0:54 / /mnt/a\\134040b ro - ext4 backslash ro
35 21 0:55 / /mnt/-\\040-\\040- ro - tmpfs dashes ro
36 21 0:56 /sub/var/lib/nsproc /mnt/root ro - ext4 subtree ro
`;

test.each([
  ['none', '/var/lib', []],
  ['the root', '/', [{ type: 'ext4', source: '/dev/root', device: '8:1' }]],
  [
    'several, the topmost last',
    '/var/lib/nsproc',
    [
      { type: 'fuse.nsproc', source: 'nsproc', device: '0:50' },
      { type: 'tmpfs', source: 'over\\040it', device: '0:51' },
    ],
  ],
  [
    'blank, tab, newline and backslash',
    '/mnt/a b\tc\nd\\e',
    [{ type: 'fuse.nsproc', source: 'nsproc', device: '0:53' }],
  ],
  [
    'a backslash and 040, which is no blank',
    '/mnt/a\\040b',
    [{ type: 'ext4', source: 'backslash', device: '0:54' }],
  ],
  ['a blank where there is a backslash and 040', '/mnt/a b', []],
  [
    'what separates the fields',
    '/mnt/- - -',
    [{ type: 'tmpfs', source: 'dashes', device: '0:55' }],
  ],
  ['optional fields', '/dev', [{ type: 'devtmpfs', source: 'udev', device: '0:5' }]],
])('parseMountsAt() finds %s', (_case, directory, expected) => {
  expect(parseMountsAt(mountinfo, directory)).toEqual(expected);
});

test('parseMountsAt() of nothing is nothing', () => {
  expect(parseMountsAt('', '/')).toEqual([]);
  expect(parseMountsAt('\n', '')).toEqual([]);
});

test('readMountsAt() knows what is mounted here', () => {
  expect(readMountsAt('/proc').at(0)?.type).toBe('proc');
  expect(readMountsAt('/no/such/directory')).toEqual([]);
});
