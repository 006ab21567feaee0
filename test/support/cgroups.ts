// Real cgroups for tests, named nsproc-test-<random>, in every hierarchy of the
// machine: v1 (apart or joined), hybrid and v2 look the same to a test.

import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cleanAtExit } from './at-exit.ts';
import type { Controller } from './cgroup-hierarchies.ts';
import { type CgroupLimits, writeLimits } from './cgroup-limits.ts';
import { controllerPlace, makePlaces, type Place, rootPlaces } from './cgroup-places.ts';
import { removeCgroupDirs, removeCgroupDirsNow } from './cgroup-removal.ts';

export interface TestCgroup {
  /** Below each mount point, as in /proc/PID/cgroup where the mount shows the root. */
  readonly path: string;
  /** One file a hierarchy; a pid written to all of them has joined. */
  readonly procsFiles: readonly string[];
  addProcess(pid: number): void;
  /** The folder with this controller's files: the cgroup's or its nearest ancestor's. */
  dirOf(controller: Controller): string;
  setLimits(limits: CgroupLimits): void;
  /**
   * Makes a cgroup below, with only these controllers if some are named.
   *
   * Preconditions: on v2, this cgroup has no process and gets none; only leaves may.
   */
  makeChild(name: string, limits?: CgroupLimits, controllers?: readonly Controller[]): TestCgroup;
  /** Kills what still runs in the cgroup and below, and removes all that was made for it. */
  remove(): Promise<void>;
}

/**
 * Makes a cgroup. `nested` names cgroups below it that are made as well
 * ("outer/inner"); then the result and the limits are those of the innermost.
 */
export function makeCgroup(limits: CgroupLimits = {}, nested = ''): TestCgroup {
  const top = `nsproc-test-${randomBytes(4).toString('hex')}`;
  const topPlaces = makePlaces(rootPlaces(), top);
  let path = `/${top}`;
  let places = topPlaces;
  for (const name of nested.split('/').filter((part) => part !== '')) {
    path = `${path}/${name}`;
    places = makePlaces(places, name);
  }
  return cgroupAt(path, places, topPlaces, limits);
}

function cgroupAt(
  path: string,
  places: readonly Place[],
  removed: readonly Place[],
  limits: CgroupLimits,
): TestCgroup {
  const ownDirs = removed.filter(({ isOwn }) => isOwn).map(({ dir }) => dir);
  const forget = cleanAtExit(() => removeCgroupDirsNow(ownDirs));
  const procsFiles = places.map(({ dir }) => join(dir, 'cgroup.procs'));
  const setLimits = (wanted: CgroupLimits): void =>
    writeLimits(wanted, (controller) => controllerPlace(places, controller));
  setLimits(limits);
  return {
    path,
    procsFiles,
    addProcess: (pid) => {
      for (const file of procsFiles) writeFileSync(file, String(pid));
    },
    dirOf: (controller) => controllerPlace(places, controller).dir,
    setLimits,
    makeChild: (name, childLimits = {}, controllers = undefined) => {
      const childPlaces = makePlaces(places, name, controllers);
      return cgroupAt(`${path}/${name}`, childPlaces, childPlaces, childLimits);
    },
    remove: async () => {
      await removeCgroupDirs(ownDirs);
      forget();
    },
  };
}
