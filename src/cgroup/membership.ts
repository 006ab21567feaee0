// Which cgroup a process is in, per hierarchy: the text of /proc/PID/cgroup.

import type { Hierarchy } from './layout.ts';

/**
 * One process's cgroups: the path in the v2 hierarchy, and the paths of the v1
 * hierarchies by controller (`memory`, `cpu`, `name=systemd`).
 */
export interface Membership {
  readonly unified: string | undefined;
  readonly byController: ReadonlyMap<string, string>;
}

/** The kernel marks the path of a removed cgroup with this (proc_cgroup_show). */
const removedMark = ' (deleted)';

function withoutMark(path: string): string {
  return path.endsWith(removedMark) ? path.slice(0, -removedMark.length) : path;
}

/** Parses cgroups(7) `/proc/PID/cgroup`: lines `ID:CONTROLLERS:PATH`. */
export function parseMembership(text: string): Membership {
  let unified: string | undefined;
  const byController = new Map<string, string>();
  for (const line of text.split('\n')) {
    const first = line.indexOf(':');
    const second = line.indexOf(':', first + 1);
    if (first < 0 || second < 0) continue;
    const controllers = line.slice(first + 1, second);
    const path = withoutMark(line.slice(second + 1));
    if (controllers === '') unified = path;
    else for (const controller of controllers.split(',')) byController.set(controller, path);
  }
  return { unified, byController };
}

/** The process's path in a hierarchy; `undefined` when it is in none of that kind. */
export function pathIn(membership: Membership, hierarchy: Hierarchy): string | undefined {
  if (hierarchy.version === 2) return membership.unified;
  const [controller] = hierarchy.controllers;
  return controller === undefined ? undefined : membership.byController.get(controller);
}
