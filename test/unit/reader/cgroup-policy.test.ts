// The policy, row by row, on the cgroup texts of real runtimes.

import { describe, expect, it } from 'vitest';
import { type CgroupFacts, decideCgroup } from '../../../src/reader/cgroup-policy.ts';

const v1 = (path: string) => `4:memory:${path}\n2:cpu,cpuacct:${path}\n1:name=systemd:${path}\n`;
const v2 = (path: string) => `0::${path}\n`;
const hybrid = (path: string) => `${v1(path)}0::/\n`;

interface Row {
  readonly title: string;
  readonly pidns?: 'host';
  readonly readerMounts: 'host' | 'init' | 'own' | 'ended';
  readonly init?: string;
  readonly reader?: string;
  readonly rule: string | undefined;
  readonly text?: string;
}

const pods = '/kubepods/burstable/pod1';

const rows: readonly Row[] = [
  { title: 'a host process', pidns: 'host', readerMounts: 'host', rule: 'host-process' },
  {
    title: 'docker run --pid=host',
    pidns: 'host',
    readerMounts: 'own',
    reader: v2('/docker/x'),
    rule: 'host-pid-container',
    text: v2('/docker/x'),
  },
  {
    title: 'systemd in a container with --pid=host',
    pidns: 'host',
    readerMounts: 'own',
    reader: v1('/machine/x/init.scope'),
    rule: 'host-pid-container',
    text: v1('/machine/x'),
  },
  { title: 'a reader that ends meanwhile', pidns: 'host', readerMounts: 'own', rule: undefined },
  { title: 'a host reader that has ended', pidns: 'host', readerMounts: 'ended', rule: undefined },
  {
    title: 'a process of an ordinary container, without a look at its cgroup',
    readerMounts: 'init',
    init: v2('/docker/x'),
    rule: 'mounts-of-init',
    text: v2('/docker/x'),
  },
  {
    title: 'nsenter --pid from the host',
    readerMounts: 'host',
    init: v2('/docker/x'),
    rule: 'mounts-of-host',
    text: v2('/docker/x'),
  },
  {
    title: 'a service with mounts of its own below systemd in a container',
    readerMounts: 'own',
    init: v2('/docker/x'),
    reader: v2('/docker/x/system.slice/a.service'),
    rule: 'below-init',
    text: v2('/docker/x'),
  },
  {
    title: 'unshare --mount in a container',
    readerMounts: 'own',
    init: hybrid('/docker/x'),
    reader: hybrid('/docker/x'),
    rule: 'below-init',
    text: hybrid('/docker/x'),
  },
  {
    title: 'a container in the root cgroup',
    readerMounts: 'own',
    init: v2('/'),
    reader: v2('/user.slice/a'),
    rule: 'below-init',
    text: v2('/'),
  },
  ...[v1, v2, hybrid].map((form) => ({
    title: `shareProcessNamespace, whose init is pause (${form.name})`,
    readerMounts: 'own' as const,
    init: form(`${pods}/pause`),
    reader: form(`${pods}/app/init.scope`),
    rule: 'shared-pid-namespace',
    text: form(`${pods}/app`),
  })),
  {
    title: 'a cgroup deep in such a container',
    readerMounts: 'own',
    init: v2(`${pods}/pause`),
    reader: v2(`${pods}/app/a/b`),
    rule: 'shared-pid-namespace',
    text: v2(`${pods}/app`),
  },
  {
    title: 'a name that only begins alike',
    readerMounts: 'own',
    init: v2(`${pods}/app`),
    reader: v2(`${pods}/app2`),
    rule: 'shared-pid-namespace',
    text: v2(`${pods}/app2`),
  },
  {
    title: 'docker run --pid=container:x',
    readerMounts: 'own',
    init: v2('/system.slice/docker-x.scope'),
    reader: v2('/system.slice/docker-y.scope'),
    rule: 'shared-pid-namespace',
    text: v2('/system.slice/docker-y.scope'),
  },
  {
    title: 'another pod',
    readerMounts: 'own',
    init: v2(`${pods}/pause`),
    reader: v2('/kubepods/burstable/pod2/app'),
    rule: 'entered-from-elsewhere',
    text: v2(`${pods}/pause`),
  },
  {
    title: 'the cgroup of the pod itself',
    readerMounts: 'own',
    init: v2(`${pods}/pause`),
    reader: v2(pods),
    rule: 'entered-from-elsewhere',
    text: v2(`${pods}/pause`),
  },
  {
    title: 'a user session with mounts of its own, container below the root',
    readerMounts: 'own',
    init: v2('/container'),
    reader: v2('/user.slice/session-1.scope'),
    rule: 'entered-from-elsewhere',
    text: v2('/container'),
  },
  {
    title: 'a daemon in a cgroup namespace, where siblings begin with /..',
    readerMounts: 'own',
    init: v2('/../x'),
    reader: v2('/../y'),
    rule: 'entered-from-elsewhere',
    text: v2('/../x'),
  },
  { title: 'an init that ends meanwhile', readerMounts: 'init', rule: undefined },
  {
    title: 'a reader that ends meanwhile in a container',
    readerMounts: 'own',
    init: v2('/docker/x'),
    rule: undefined,
  },
];

function factsOf({ pidns, readerMounts, init, reader }: Row): CgroupFacts {
  return {
    pidns: pidns ?? 'container',
    readerMountns: () => (readerMounts === 'ended' ? undefined : readerMounts),
    isHostMountns: (link) => link === 'host',
    isInitMountns: (link) => link === 'init',
    readerCgroupText: () => {
      expect(readerMounts, 'the cgroup of such a reader is not read').toBe('own');
      return reader;
    },
    initCgroupText: () => {
      expect(pidns, 'the init of the host is not looked at').toBeUndefined();
      return init;
    },
  };
}

describe('decideCgroup()', () => {
  it.each(rows)('$title: $rule', (row) => {
    const decision = decideCgroup(factsOf(row));
    expect(decision?.rule).toBe(row.rule);
    expect(decision?.cgroupText).toBe(row.text);
  });

  it('gives init its very own string', () => {
    const init = v2('/docker/x');
    const row: Row = { title: '', readerMounts: 'init', init, rule: undefined };
    expect(decideCgroup(factsOf(row))?.cgroupText).toBe(init);
  });
});
