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
    for (let turn = 0; isWanted || present.length > 0; turn++) {
      if (isWanted) present.push(await joinCrowd(teardown, options));
      await sleep(betweenMsec);
      const oldest = present.length > members || !isWanted ? present.shift() : undefined;
      if (oldest === undefined) continue;
      await pause(oldest.cgroup);
      // Every other one is killed in the middle of its reading.
      if (turn % 2 === 0) reports.push(await oldest.leave());
      else await oldest.vanish();
    }
  })();
  return {
    end: async () => {
      isWanted = false;
      await running;
      return reports;
    },
  };
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
