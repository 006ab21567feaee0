// Containers that come and go beside the others, and that are paused.

import { existsSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TestCgroup } from '../support/cgroups.ts';
import type { Teardown } from '../support/teardown.ts';
import { type CrowdMember, type CrowdOptions, type CrowdReport, joinCrowd } from './crowd.ts';

const members = 3;
const pausedMsec = 200;
const betweenMsec = 200;

export interface Churn {
  /** What the readers of all that came saw. */
  end(): Promise<CrowdReport[]>;
}

/** Until it is ended, the oldest container goes and another one comes. */
export function startChurn(teardown: Teardown, options: CrowdOptions): Churn {
  let isWanted = true;
  const reports: CrowdReport[] = [];
  const present: CrowdMember[] = [];
  const running = (async () => {
    while (isWanted) {
      present.push(await joinCrowd(teardown, options));
      await sleep(betweenMsec);
      if (present.length > members) reports.push(...(await goAway(present.splice(0, 2))));
    }
    reports.push(...(await goAway(present)));
  })();
  return {
    end: async () => {
      isWanted = false;
      await running;
      return reports;
    },
  };
}

/** Paused for a moment, then every other one is killed in the middle of its reading. */
async function goAway(going: readonly CrowdMember[]): Promise<CrowdReport[]> {
  const reports: CrowdReport[] = [];
  for (const [index, member] of going.entries()) {
    await pause(member.cgroup);
    if (index % 2 === 0) reports.push(await member.leave());
    else await member.vanish();
  }
  return reports;
}

/** Stops all processes of the cgroup for a moment, wherever they are. */
async function pause({ procsFiles }: TestCgroup): Promise<void> {
  const directories = procsFiles.map(dirname);
  const v1 = directories.map((dir) => join(dir, 'freezer.state')).find(existsSync);
  const v2 = directories.map((dir) => join(dir, 'cgroup.freeze')).find(existsSync);
  if (v1 !== undefined) writeFileSync(v1, 'FROZEN');
  else if (v2 !== undefined) writeFileSync(v2, '1');
  await sleep(pausedMsec);
  if (v1 !== undefined) writeFileSync(v1, 'THAWED');
  else if (v2 !== undefined) writeFileSync(v2, '0');
}
