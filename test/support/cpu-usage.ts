// How much CPU time a test cgroup has used, by its own files.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestCgroup } from './cgroups.ts';

export function readUsedUsec(cgroup: TestCgroup): number {
  const dir = cgroup.dirOf('cpuacct');
  const v1 = join(dir, 'cpuacct.usage');
  if (existsSync(v1)) return Math.floor(Number(readFileSync(v1, 'latin1')) / 1000);
  const usage = readFileSync(join(dir, 'cpu.stat'), 'latin1').match(/^usage_usec (\d+)$/m)?.[1];
  if (usage === undefined) throw new SyntaxError(`Cannot find usage_usec in ${dir}/cpu.stat`);
  return Number(usage);
}
