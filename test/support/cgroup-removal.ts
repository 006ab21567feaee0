// Takes test cgroups away, with everything in them. Only ever touches cgroups whose
// path has a name that begins with nsproc-test-.

import { existsSync, readdirSync, readFileSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const patienceMsec = 30_000;

/**
 * Kills the processes in these cgroups and below, and removes the folders. A
 * cgroup stays busy until the kernel has let go of its last process.
 */
export async function removeCgroupDirs(dirs: readonly string[]): Promise<void> {
  const deadline = Date.now() + patienceMsec;
  for (;;) {
    const failures = dirs.flatMap((dir) => removeTree(dir));
    const failure = failures[0];
    if (failure === undefined) return;
    if (Date.now() > deadline) throw failure;
    await sleep(20);
  }
}

/** The same for a test process that is ending: it blocks, and gives up after 0.3 s. */
export function removeCgroupDirsNow(dirs: readonly string[]): void {
  const clock = new Int32Array(new SharedArrayBuffer(4));
  for (let tries = 0; tries < 15; tries += 1) {
    if (dirs.flatMap((dir) => removeTree(dir)).length === 0) return;
    Atomics.wait(clock, 0, 0, 20);
  }
}

function removeTree(dir: string): Error[] {
  if (!dir.includes('/nsproc-test-')) throw new Error(`Refusing to remove the cgroup ${dir}`);
  if (!existsSync(dir)) return [];
  const children = readdirSync(dir, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const failures = children.flatMap((child) => removeTree(join(dir, child.name)));
  if (failures.length > 0) return failures;
  try {
    killProcesses(dir);
    rmdirSync(dir);
    return [];
  } catch (error) {
    if (isErrorOf(error, 'ENOENT', 'ENODEV')) return [];
    if (isErrorOf(error, 'EBUSY')) return [error as Error];
    throw error;
  }
}

function killProcesses(dir: string): void {
  const pids = readFileSync(join(dir, 'cgroup.procs'), 'utf8').split('\n').map(Number);
  for (const pid of pids) {
    // 0 is a blank line, or a process of a pid namespace that is not ours.
    if (pid === 0 || pid === process.pid) continue;
    try {
      process.kill(pid, 'SIGKILL');
    } catch (error) {
      if (!isErrorOf(error, 'ESRCH')) throw error;
    }
  }
}

function isErrorOf(error: unknown, ...codes: string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}
