import { describe, expect, test } from 'vitest';
import { ContainerCgroup } from '../../../src/cgroup/container-cgroup.ts';
import { type CgroupLayout, chainOf, parseLayout } from '../../../src/cgroup/layout.ts';
import { parseMembership } from '../../../src/cgroup/membership.ts';
import { withTree } from '../../support/fixture.ts';

const v2 = (root: string, mountPoint: string) =>
  `30 22 0:26 ${root} ${mountPoint} rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n`;
const v1 = (root: string, mountPoint: string, options: string) =>
  `34 30 0:31 ${root} ${mountPoint} rw,nosuid shared:15 - cgroup cgroup ${options}\n`;
const others =
  '23 29 0:21 / /proc rw,nosuid - proc proc rw\n' +
  '24 29 0:22 / /sys/fs/cgroup ro - tmpfs tmpfs ro,mode=755\n' +
  '25 29 0:50 / /cgroup2 rw - ext4 /dev/vda rw\n';

/** The directories of a cgroup in the only hierarchy of a layout. */
function chainIn({ hierarchies }: CgroupLayout, path: string): string[] | undefined {
  const [hierarchy] = hierarchies;
  if (hierarchy === undefined) throw new Error('Cannot find a hierarchy in the layout');
  return chainOf(hierarchy, path)?.map((directory) => directory.path);
}

describe('parseLayout()', () => {
  test.each([
    ['none', others],
    ['unified', others + v2('/', '/sys/fs/cgroup')],
    ['legacy', others + v1('/', '/sys/fs/cgroup/memory', 'rw,memory')],
    ['hybrid', v1('/', '/cg/memory', 'rw,memory') + v2('/', '/cg/unified')],
  ])('tells a host of kind %s', (kind, mountinfo) => {
    expect(parseLayout(mountinfo, '').kind).toBe(kind);
  });

  test('reads joined controllers as one hierarchy with both', () => {
    const { hierarchies } = parseLayout(v1('/', '/cg/cpu,cpuacct', 'rw,cpu,cpuacct'), '');
    expect(hierarchies).toEqual([
      {
        version: 1,
        controllers: ['cpu', 'cpuacct'],
        mounts: [expect.objectContaining({ mountPoint: '/cg/cpu,cpuacct', root: '/' })],
      },
    ]);
  });

  test('keeps a named hierarchy and leaves options that are no controllers', () => {
    const options = 'rw,seclabel,xattr,clone_children,release_agent=/bin/agent,name=systemd';
    const { hierarchies } = parseLayout(v1('/', '/cg/systemd', options), '');
    expect(hierarchies.map(({ controllers }) => controllers)).toEqual([['name=systemd']]);
  });

  test('undoes the octal escapes of paths', () => {
    const layout = parseLayout(v2('/a\\040b', '/mnt/with\\040blank\\011tab\\134slash'), '');
    expect(layout.hierarchies[0]?.mounts).toEqual([
      expect.objectContaining({ mountPoint: '/mnt/with blank\ttab\\slash', root: '/a b' }),
    ]);
  });

  test('gathers several mounts of one hierarchy, the widest first', () => {
    const mountinfo =
      v1('/docker/x', '/narrow', 'rw,memory') +
      v1('/', '/wide', 'rw,memory') +
      v1('/docker', '/between', 'rw,memory');
    const { hierarchies } = parseLayout(mountinfo, '');
    expect(hierarchies).toHaveLength(1);
    const mounts = hierarchies[0]?.mounts.map(({ mountPoint }) => mountPoint);
    expect(mounts).toEqual(['/wide', '/between', '/narrow']);
  });

  test('finds the widest mount also above the own cgroup namespace', () => {
    const { hierarchies } = parseLayout(v2('/', '/own') + v2('/../..', '/all'), '');
    expect(hierarchies[0]?.mounts.map(({ mountPoint }) => mountPoint)).toEqual(['/all', '/own']);
  });

  test('puts the prefix before every mount point', () => {
    const { hierarchies } = parseLayout(v2('/', '/sys/fs/cgroup'), '/fixture');
    expect(hierarchies[0]?.mounts[0]?.mountPoint).toBe('/fixture/sys/fs/cgroup');
  });
});

describe('chainOf()', () => {
  const host = parseLayout(v2('/', '/cg'), '');

  test('leads from the cgroup to the root', () => {
    expect(chainIn(host, '/a/b/c')).toEqual(['/cg/a/b/c', '/cg/a/b', '/cg/a', '/cg']);
  });

  test('is the root alone for a process in the root cgroup', () => {
    expect(chainIn(host, '/')).toEqual(['/cg']);
  });

  test('leads to a name beyond ASCII, whose bytes the kernel text gives', () => {
    const bytes = Buffer.from('/möwe/海').toString('latin1');
    expect(chainIn(host, bytes)).toEqual(['/cg/möwe/海', '/cg/möwe', '/cg']);
  });

  test('ends where a mount of a part begins', () => {
    const part = parseLayout(v2('/docker/x', '/cg'), '');
    expect(chainIn(part, '/docker/x/init')).toEqual(['/cg/init', '/cg']);
    expect(chainIn(part, '/docker/x')).toEqual(['/cg']);
  });

  test('is undefined for a cgroup outside what is mounted', () => {
    const part = parseLayout(v2('/docker/x', '/cg'), '');
    expect(chainIn(part, '/docker/xy')).toBeUndefined();
    expect(chainIn(part, '/docker')).toBeUndefined();
  });

  test('takes the mount that shows the cgroup', () => {
    const parts = parseLayout(v2('/docker/x', '/x') + v2('/docker/y', '/y'), '');
    expect(chainIn(parts, '/docker/y/z')).toEqual(['/y/z', '/y']);
  });

  test('resolves a cgroup outside the cgroup namespace of the daemon', () => {
    const all = parseLayout(v2('/../..', '/cg'), '');
    expect(chainIn(all, '/../../docker/x')).toEqual(['/cg/docker/x', '/cg/docker', '/cg']);
  });

  test('is that of an ancestor where cgroups are nested without end', () => {
    const deep = chainIn(host, '/a'.repeat(2000)) ?? [];
    expect(deep).toEqual(chainIn(host, '/a'.repeat(64)));
    expect([deep.length, deep.at(-1)]).toEqual([65, '/cg']);
  });

  test('never climbs out of a mount', () => {
    const own = parseLayout(v2('/', '/cg'), '');
    expect(chainIn(own, '/../docker/x')).toBeUndefined();
  });
});

describe('ContainerCgroup', () => {
  function pathOf(cgroup: ContainerCgroup, name: 'memory' | 'cpu' | 'cpuacct'): string | undefined {
    return cgroup.controller(name)?.chain[0]?.path;
  }

  test('finds each controller in its own hierarchy, joined or not', () => {
    const layout = parseLayout(
      v1('/', '/cg/memory', 'rw,memory') + v1('/', '/cg/cpu', 'rw,cpu,cpuacct'),
      '',
    );
    const cgroup = new ContainerCgroup(layout, parseMembership('7:cpu,cpuacct:/c\n4:memory:/m\n'));
    expect(pathOf(cgroup, 'memory')).toBe('/cg/memory/m');
    expect(pathOf(cgroup, 'cpu')).toBe('/cg/cpu/c');
    expect(pathOf(cgroup, 'cpuacct')).toBe('/cg/cpu/c');
  });

  test('prefers v1 where a controller is mounted as v1, and v2 otherwise', () => {
    const layout = parseLayout(v1('/', '/cg/memory', 'rw,memory') + v2('/', '/cg/unified'), '');
    const cgroup = new ContainerCgroup(layout, parseMembership('4:memory:/m\n0::/u\n'));
    expect(cgroup.controller('memory')?.version).toBe(1);
    expect(cgroup.controller('cpu')?.version).toBe(2);
    expect(pathOf(cgroup, 'cpu')).toBe('/cg/unified/u');
    expect(cgroup.unified()?.chain[0]?.path).toBe('/cg/unified/u');
  });

  test('has no controller of a host without cgroups', () => {
    const cgroup = new ContainerCgroup(parseLayout(others, ''), parseMembership('0::/u\n'));
    expect(cgroup.controller('memory')).toBeUndefined();
  });

  test('reads files until it is closed, and absent ones as undefined', () => {
    withTree({ 'cg/u/memory.max': 'max\n', 'cg/u/memory.low': '4096\n' }, (root) => {
      const layout = parseLayout(v2('/', '/cg'), root);
      const cgroup = new ContainerCgroup(layout, parseMembership('0::/u\n'));
      const directory = cgroup.unified()?.chain[0];
      expect(directory?.readLimit('memory.max')).toBeNull();
      expect(directory?.readLimit('memory.low')).toBe(4096);
      expect(directory?.readLimit('memory.high')).toBeUndefined();
      cgroup.close();
    });
  });
});
