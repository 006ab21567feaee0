// One test cgroup is a folder in each hierarchy; this makes those folders the way
// the version wants it and finds the one with a controller's files.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import {
  type Controller,
  type Hierarchy,
  holds,
  readControllers,
  readHierarchies,
} from './cgroup-hierarchies.ts';
import { inheritCpuset } from './cgroup-limits.ts';

export interface Place {
  readonly hierarchy: Hierarchy;
  readonly dir: string;
  /** Whether this cgroup owns the folder or only uses its parent's. */
  readonly isOwn: boolean;
}

const allWanted: readonly Controller[] = ['cpu', 'cpuset', 'io', 'memory', 'pids'];

export function rootPlaces(): Place[] {
  return readHierarchies().map((hierarchy) => ({
    hierarchy,
    dir: hierarchy.mountPoint,
    isOwn: false,
  }));
}

/** A v1 hierarchy with none of the chosen controllers goes on using the parent's folder. */
export function makePlaces(
  parents: readonly Place[],
  name: string,
  chosen?: readonly Controller[],
): Place[] {
  return parents.map(({ hierarchy, dir: parentDir }) => {
    const dir = join(parentDir, name);
    if (hierarchy.version === 2) {
      enableControllers(parentDir, chosen ?? allWanted);
      mkdirSync(dir);
      return { hierarchy, dir, isOwn: true };
    }
    if (chosen !== undefined && !chosen.some((controller) => holds(hierarchy, controller))) {
      return { hierarchy, dir: parentDir, isOwn: false };
    }
    mkdirSync(dir);
    if (holds(hierarchy, 'cpuset')) inheritCpuset(parentDir, dir);
    if (holds(hierarchy, 'memory')) accountHierarchically(dir);
    return { hierarchy, dir, isOwn: true };
  });
}

/** Where this controller's files are, for the cgroup or its nearest ancestor that has some. */
export function controllerPlace(places: readonly Place[], controller: Controller): Place {
  const place = places.find(({ hierarchy }) => holds(hierarchy, controller));
  if (place === undefined) throw new Error(`Cannot find a cgroup hierarchy with ${controller}`);
  if (place.hierarchy.version === 1 || controller === 'cpuacct') return place;
  let { dir } = place;
  while (dir !== place.hierarchy.mountPoint && !readControllers(dir).includes(controller)) {
    dir = dirname(dir);
  }
  return { ...place, dir };
}

/** On v2 children have the files only of controllers that their parent hands down. */
function enableControllers(dir: string, wanted: readonly Controller[]): void {
  const present = readControllers(dir);
  for (const controller of wanted) {
    if (present.includes(controller)) {
      writeFileSync(join(dir, 'cgroup.subtree_control'), `+${controller}`);
    }
  }
}

/** Kernels before 5.11 can leave children out of their parent's usage and limit. */
function accountHierarchically(dir: string): void {
  const file = join(dir, 'memory.use_hierarchy');
  if (existsSync(file) && readFileSync(file, 'utf8').trim() === '0') writeFileSync(file, '1');
}
