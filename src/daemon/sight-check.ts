// Whether the daemon sees the host's containers, and they will see its mount: a daemon in
// namespaces of its own (a container, a systemd unit) may do neither, without any error.

import { type CgroupLayout, chainOf } from '../cgroup/layout.ts';
import { parseMembership, pathIn } from '../cgroup/membership.ts';
import type { Finding } from './finding.ts';

export interface SightFacts {
  readonly layout: CgroupLayout;
  /** /proc/1/cgroup, as the daemon reads it. */
  readonly initCgroup: string;
  readonly mountPoint: string;
  /** /proc/self/mountinfo and /proc/1/mountinfo. */
  readonly ownMountinfo: string;
  readonly initMountinfo: string;
}

/** Warnings only: without one, all is seen. */
export function checkSight(facts: SightFacts): Finding[] {
  return [...checkCgroupSight(facts), ...checkPropagation(facts)];
}

/** The first process is outside of all containers, so who can't see its cgroup sees only a part. */
function checkCgroupSight({ layout, initCgroup }: SightFacts): Finding[] {
  const membership = parseMembership(initCgroup);
  const hidden = layout.hierarchies.filter((hierarchy) => {
    const path = pathIn(membership, hierarchy);
    return path !== undefined && chainOf(hierarchy, path) === undefined;
  });
  if (hidden.length === 0) return [];
  const names = hidden.map(({ version, controllers }) =>
    version === 2 ? 'v2' : controllers.join(','),
  );
  return [
    {
      name: 'cgroups seen',
      status: 'warn',
      detail: `${names.join('; ')}: only a part; containers outside get the host's numbers`,
      advice: "In a container: --cgroupns=host, with the host's /sys/fs/cgroup mounted.",
    },
  ];
}

/** Mounts reach other namespaces through peer groups (mount_namespaces(7)). */
function checkPropagation({ mountPoint, ownMountinfo, initMountinfo }: SightFacts): Finding[] {
  const groups = peerGroupsAt(ownMountinfo, mountPoint);
  const isOwnNamespace = namespaceIdsOf(ownMountinfo) !== namespaceIdsOf(initMountinfo);
  if (initMountinfo === '' || !isOwnNamespace) return [];
  if (groups.some((group) => initMountinfo.includes(` ${group} `))) return [];
  return [
    {
      name: 'mount seen',
      status: 'warn',
      detail: `${mountPoint} will be mounted in a mount namespace of the daemon's own only`,
      advice:
        'In a container: -v DIR:DIR:rshared. In a unit: no PrivateMounts=, PrivateTmp=, Protect...=.',
    },
  ];
}

/** Ids of mounts are never the same in two namespaces. */
function namespaceIdsOf(mountinfo: string): string {
  return mountinfo.slice(0, mountinfo.indexOf(' '));
}

/** The `shared:N` of the mount that the directory is in. */
function peerGroupsAt(mountinfo: string, directory: string): string[] {
  let groups: string[] = [];
  let longest = -1;
  for (const line of mountinfo.split('\n')) {
    const [, , , , at, , ...rest] = line.split(' - ')[0]?.split(' ') ?? [];
    if (at === undefined || at.length < longest || !isIn(directory, at)) continue;
    longest = at.length;
    groups = rest.filter((option) => option.startsWith('shared:'));
  }
  return groups;
}

function isIn(directory: string, mountPoint: string): boolean {
  return mountPoint === '/' || directory === mountPoint || directory.startsWith(`${mountPoint}/`);
}
