import { describe, expect, test } from 'vitest';
import { chainOf, parseLayout } from '../../../src/cgroup/layout.ts';
import { parseMembership } from '../../../src/cgroup/membership.ts';
import { withNamespaceRoots } from '../../../src/cgroup/read-layout.ts';
import { withTree } from '../../support/fixture.ts';

const pid = 4711;
const mountinfoAt = (root: string) => `30 22 0:26 ${root} /cg rw - cgroup2 cgroup2 rw\n`;
const files = {
  'cg/cgroup.procs': '1\n',
  'cg/system.slice/cgroup.procs': '',
  'cg/system.slice/other.service/cgroup.procs': '47\n11\n47110\n',
  'cg/system.slice/nsproc.service/cgroup.procs': '12\n4711\n4712\n',
  'cg/system.slice/nsproc.service/in/cgroup.procs': '13\n',
  'cg/user.slice/cgroup.procs': '14\n',
};

/** Where the cgroup `path` is found by the process 4711, which reads these of itself. */
function found(root: string, ownPath: string, path: string): string[] | undefined {
  return withTree(files, (folder) => {
    const own = parseMembership(`0::${ownPath}\n`);
    const layout = withNamespaceRoots(parseLayout(mountinfoAt(root), folder), own, pid);
    const [hierarchy] = layout.hierarchies;
    if (hierarchy === undefined) throw new Error('Cannot find the hierarchy');
    return chainOf(hierarchy, path)?.map((directory) => directory.path.slice(folder.length));
  });
}

describe('withNamespaceRoots()', () => {
  test.each([
    ['its own', '/', ['/cg/system.slice/nsproc.service', '/cg/system.slice', '/cg']],
    ['a child', '/in', ['/cg/system.slice/nsproc.service/in', '/cg/system.slice/nsproc.service']],
    ['a sibling', '/../docker-1.scope', ['/cg/system.slice/docker-1.scope', '/cg/system.slice']],
    ['a stranger', '/../../user.slice', ['/cg/user.slice', '/cg']],
    ['the root', '/../..', ['/cg']],
  ])('finds %s cgroup from inside a cgroup namespace', (_, path, chain) => {
    expect(found('/../..', '/', path)?.slice(0, chain.length)).toEqual(chain);
  });

  test('finds nothing above the mount', () => {
    expect(found('/../..', '/', '/../../../x')).toBeUndefined();
  });

  test('changes nothing outside a cgroup namespace', () => {
    expect(found('/', '/system.slice/nsproc.service', '/user.slice')).toEqual([
      '/cg/user.slice',
      '/cg',
    ]);
  });

  test('leaves siblings unresolved when the own cgroup is not found', () => {
    expect(found('/..', '/', '/sibling')).toBeUndefined();
    expect(found('/../..', '/../moved', '/../sibling')).toBeUndefined();
  });
});
