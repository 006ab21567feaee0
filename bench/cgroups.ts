// The cgroups of a benchmark container: one directory in each v1 hierarchy that matters, or one in
// the v2 tree. They exist only for the time of a run and all begin with `nsproc-bench-`.
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Scope } from './scope.ts';

export const MEMORY_LIMIT_BYTES = 256 * 1024 * 1024;
const PERIOD_USEC = 100_000;
const V1_CONTROLLERS = ['memory', 'cpu', 'cpuacct', 'cpuset'];

let containersMade = 0;

/** Makes the cgroups of one container and returns the directories it has to join. */
export function makeCgroups(scope: Scope): readonly string[] {
  const name = `nsproc-bench-${process.pid}-${++containersMade}`;
  const dirs = hierarchyRoots().map((root) => join(root, name));
  for (const dir of dirs) {
    mkdirSync(dir);
    scope.defer(() => removeCgroup(dir));
    setLimits(dir);
  }
  return dirs;
}

export function cgroupLayout(): 'v1' | 'v2' {
  return v1Roots().length > 0 ? 'v1' : 'v2';
}

function hierarchyRoots(): readonly string[] {
  const v1 = v1Roots();
  if (v1.length > 0) return v1;
  const v2 = mounts().find((mount) => mount.type === 'cgroup2');
  if (v2 === undefined) throw new Error('Cannot make a container: no cgroup hierarchy is mounted');
  writeIfPossible(join(v2.dir, 'cgroup.subtree_control'), '+memory +cpu +cpuset');
  return [v2.dir];
}

/** The folder of the hierarchy in which CPU time is shared out. */
export function cpuHierarchy(): string {
  const v1 = mounts().find(({ type, options }) => type === 'cgroup' && options.includes('cpu'));
  const found = v1 ?? mounts().find(({ type }) => type === 'cgroup2');
  if (found === undefined)
    throw new Error('Cannot make containers: no cgroup hierarchy is mounted');
  return found.dir;
}

function v1Roots(): readonly string[] {
  const found = mounts().filter(
    ({ type, options }) =>
      type === 'cgroup' && V1_CONTROLLERS.some((name) => options.includes(name)),
  );
  return [...new Set(found.map((mount) => mount.dir))];
}

function mounts(): { dir: string; type: string; options: string[] }[] {
  const lines = readFileSync('/proc/self/mountinfo', 'utf8').trimEnd().split('\n');
  return lines.map((line) => {
    const [left = '', right = ''] = line.split(' - ');
    const [type = '', , options = ''] = right.split(' ');
    return { dir: left.split(' ')[4] ?? '', type, options: options.split(',') };
  });
}

function setLimits(dir: string): void {
  // A quota that a single reader never reaches, so that it is accounted but does not throttle.
  const quotaUsec = Math.max(0.5, availableParallelism() - 0.5) * PERIOD_USEC;
  writeIfPossible(join(dir, 'memory.limit_in_bytes'), `${MEMORY_LIMIT_BYTES}`);
  writeIfPossible(join(dir, 'memory.max'), `${MEMORY_LIMIT_BYTES}`);
  writeIfPossible(join(dir, 'cpu.cfs_quota_us'), `${quotaUsec}`);
  writeIfPossible(join(dir, 'cpu.max'), `${quotaUsec} ${PERIOD_USEC}`);
  // A v1 cpuset starts empty and cannot be joined before it has CPUs and memory nodes.
  for (const file of ['cpuset.cpus', 'cpuset.mems']) {
    const parent = join(dir, '..', file);
    if (existsSync(parent)) writeIfPossible(join(dir, file), readFileSync(parent, 'utf8'));
  }
}

function writeIfPossible(path: string, text: string): void {
  if (existsSync(path)) writeFileSync(path, text);
}

/** A cgroup stays busy for a moment after its last process has been waited for. */
export async function removeCgroup(dir: string): Promise<void> {
  const deadline = Date.now() + 5000;
  for (;;) {
    try {
      rmdirSync(dir);
      return;
    } catch (error) {
      if (!existsSync(dir)) return;
      if (Date.now() > deadline) throw error;
      await sleep(5);
    }
  }
}
