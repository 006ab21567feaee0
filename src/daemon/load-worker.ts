// The thread that counts the tasks of containers whose load averages are read. It sleeps
// while there are none.

import { countTasksAt, samplerBounds, type TaskCounts, type TaskSite } from '../cgroup/tasks.ts';
import { clock } from '../kernel/clock.ts';
import { viewMapping } from '../kernel/mapped-memory.ts';
import { threadData } from '../kernel/threads.ts';
import { LoadSampler } from '../procfs/load-sampler.ts';
import { Bell } from '../shared/bell.ts';
import { SharedLoads } from '../view/shared-loads.ts';
import type { LoadThreadStart } from './load-sampling.ts';
import { ThreadLog } from './thread-log.ts';

/** Containers that are due within this time are counted together. */
const pauseMsec = 50;

const start = threadData() as LoadThreadStart;
const log = new ThreadLog();
const bell = new Bell(start.bell);
const sampler = new LoadSampler({
  loads: new SharedLoads(viewMapping(start.rows), start.thread),
  clock,
  count,
});

function count(site: TaskSite, turn: number): TaskCounts | undefined {
  try {
    return countTasksAt(site, samplerBounds, turn);
  } catch (error) {
    log.notCounted(site.path, error);
    return undefined;
  }
}

sampler.findContainers();
while (!bell.hasEnded()) {
  const nextUsec = sampler.run();
  const limitMsec =
    nextUsec === undefined ? undefined : Math.max(0, (nextUsec - clock.monotonicUsec()) / 1000);
  if (bell.hasRung(limitMsec)) sampler.findContainers();
  bell.pause(pauseMsec);
}
