// The cgroup of `nsproc demo`: made in every hierarchy that limits memory or
// CPU time, and removed afterwards.

import type { CgroupLayout, Hierarchy } from '../cgroup/layout.ts';
import { readLayout } from '../cgroup/read-layout.ts';
import { readTextFile } from '../kernel/kept-file.ts';
import {
  makeNewDirectory,
  removeEmptyDirectory,
  writeKernelFile,
} from '../kernel/made-directories.ts';

export interface DemoLimits {
  readonly memoryBytes: number;
  readonly quotaUsec: number;
  readonly periodUsec: number;
}

export interface DemoCgroup {
  /** Writing a pid to each of them moves the process into the cgroup. */
  readonly procsFiles: readonly string[];
  /** Limits that the host did not accept, with the reason. */
  readonly problems: readonly string[];
  remove(): void;
}

function limitFiles(version: 1 | 2, limits: DemoLimits): readonly (readonly [string, string])[] {
  const { memoryBytes, quotaUsec, periodUsec } = limits;
  if (version === 2) {
    return [
      ['memory.max', String(memoryBytes)],
      ['cpu.max', `${quotaUsec} ${periodUsec}`],
    ];
  }
  return [
    ['memory.limit_in_bytes', String(memoryBytes)],
    ['cpu.cfs_period_us', String(periodUsec)],
    ['cpu.cfs_quota_us', String(quotaUsec)],
  ];
}

const limitingControllers = ['memory', 'cpu', 'cpuacct'];

/** The hierarchies with the controllers that matter; v2 when it has any of them. */
function isLimiting({ version, controllers, mounts }: Hierarchy): boolean {
  if (version === 1) return controllers.some((name) => limitingControllers.includes(name));
  const available = readTextFile(`${mounts[0]?.mountPoint}/cgroup.controllers`) ?? '';
  return /\b(memory|cpu)\b/.test(available);
}

function makeIn(hierarchy: Hierarchy, name: string, limits: DemoLimits): [string, string[]] {
  const root = hierarchy.mounts[0]?.mountPoint ?? '';
  const directory = `${root}/${name}`;
  // On most hosts the init system has done this already.
  if (hierarchy.version === 2) writeKernelFile(`${root}/cgroup.subtree_control`, '+memory +cpu');
  makeNewDirectory(directory);
  const problems = limitFiles(hierarchy.version, limits).flatMap(([file, value]) => {
    const path = `${directory}/${file}`;
    if (hierarchy.version === 1 && readTextFile(path) === undefined) return [];
    return writeKernelFile(path, value) ?? [];
  });
  return [directory, problems];
}

/** Makes the cgroup `name` below the root of each hierarchy. */
export function makeDemoCgroup(name: string, limits: DemoLimits): DemoCgroup {
  const layout: CgroupLayout = readLayout();
  const made = layout.hierarchies
    .filter(isLimiting)
    .map((hierarchy) => makeIn(hierarchy, name, limits));
  return {
    procsFiles: made.map(([directory]) => `${directory}/cgroup.procs`),
    problems: made.flatMap(([, problems]) => problems),
    remove: () => {
      for (const [directory] of made) removeEmptyDirectory(directory);
    },
  };
}
