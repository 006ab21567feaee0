import { expect, test } from 'vitest';
import { parseLayout } from '../../../src/cgroup/layout.ts';
import { checkSight, type SightFacts } from '../../../src/daemon/sight-check.ts';

const cgroup2 = (root: string) => `30 22 0:26 ${root} /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n`;
const hostMounts = `22 1 8:1 / / rw shared:1 - ext4 /dev/vda rw\n${cgroup2('/')}`;
const onHost: SightFacts = {
  layout: parseLayout(cgroup2('/'), ''),
  initCgroup: '0::/init.scope\n',
  mountPoint: '/var/lib/nsproc',
  ownMountinfo: hostMounts,
  initMountinfo: hostMounts,
};

const namesOf = (facts: Partial<SightFacts>) =>
  checkSight({ ...onHost, ...facts }).map(({ name }) => name);

test('checkSight() finds nothing on the host', () => {
  expect(checkSight(onHost)).toEqual([]);
});

test.each([
  ['a cgroup namespace whose own part is mounted', '/', '0::/../../init.scope\n', ['cgroups seen']],
  ['a cgroup namespace with the whole mounted', '/../..', '0::/../../init.scope\n', []],
  ['a mount of a part', '/docker/x', '0::/init.scope\n', ['cgroups seen']],
])('checkSight() judges %s', (_case, root, initCgroup, names) => {
  expect(namesOf({ layout: parseLayout(cgroup2(root), ''), initCgroup })).toEqual(names);
});

const root = (options: string) => `91 90 8:1 / / rw ${options} - ext4 /dev/vda rw\n`;
const volume = '95 91 8:1 /var/lib/nsproc /var/lib/nsproc rw shared:1 - ext4 /dev/vda rw\n';

test.each([
  ['a private namespace', root('master:1'), ['mount seen']],
  ['one that is shared with others than the host', root('shared:77 master:1'), ['mount seen']],
  ['a volume shared with the host', root('master:1') + volume, []],
  ['a copy that shares all', root('shared:1'), []],
])('checkSight() judges %s', (_case, ownMountinfo, names) => {
  expect(namesOf({ ownMountinfo })).toEqual(names);
});

test('checkSight() says nothing of mounts when it may not look at the first process', () => {
  expect(namesOf({ initMountinfo: '' })).toEqual([]);
});
