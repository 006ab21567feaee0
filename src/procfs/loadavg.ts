// /proc/loadavg of a container.

import { readCpuUsageUsec } from '../cgroup/cpu.ts';
import { siteIdentity, type TaskCounts, type TaskSite, taskSiteOf } from '../cgroup/tasks.ts';
import { readNewestTask } from '../reader/newest-task.ts';
import { renderLoadavg } from '../render/loadavg.ts';
import type { RowKey } from '../shared/keyed-rows.ts';
import type { LoadReading } from '../view/load-row.ts';
import type { SharedLoads } from '../view/shared-loads.ts';
import { ageUsecOf } from './age.ts';
import type { Container } from './container.ts';
import { readContainerCpus } from './cpus.ts';
import type { Sources } from './sources.ts';

type LoadContainer = Pick<
  Container,
  'cgroup' | 'initStartTicks' | 'loadKey' | 'owner' | 'pidnsInode' | 'taskCounts'
>;
type LoadavgSources = Pick<Sources, 'clock' | 'cpuPolicy' | 'host' | 'loads'>;

/**
 * `undefined` where it is switched off, and for what is in no cgroup of its own.
 * `procRoot` is where procfs is mounted.
 */
export function loadavgText(
  container: LoadContainer,
  sources: LoadavgSources,
  callerTid: number,
  procRoot?: string,
): string | undefined {
  const { clock, loads } = sources;
  const site = loads && taskSiteOf(container.cgroup);
  if (loads === undefined || site === undefined) return undefined;
  const key = keyOf(container, site, loads.shared);
  const counts = container.taskCounts.at(clock.monotonicUsec());
  const newest = readNewestTask(callerTid, counts.newest, procRoot);
  if (key === undefined || newest === undefined) return undefined;
  const load = loads.shared.read(key, {
    ...readingOf(container, sources, counts),
    site,
    newest: { ...newest, pidnsInode: container.pidnsInode },
  });
  if (load === undefined) return undefined;
  if (load.isUncounted) loads.bell.ring();
  const { averages, lastPid } = load;
  // A thread that a reader waits for does not look into so many cgroups.
  const isMoreKnown = counts.isPartial && load.counts.total > counts.total;
  const { running, total } = isMoreKnown ? load.counts : counts;
  return renderLoadavg({ averages, lastPid, running: Math.max(1, running), total });
}

/** `undefined` when the cgroup is gone. */
function keyOf(container: LoadContainer, site: TaskSite, loads: SharedLoads): RowKey | undefined {
  if (container.loadKey !== undefined) return container.loadKey;
  const identity = siteIdentity(site);
  if (identity === undefined) return undefined;
  container.loadKey = loads.keyOf(identity, container.owner);
  return container.loadKey;
}

function readingOf(
  container: LoadContainer,
  sources: LoadavgSources,
  { oldestStartTicks = container.initStartTicks }: TaskCounts,
): Pick<LoadReading, 'nowUsec' | 'usedUsec' | 'history'> {
  const { clock } = sources;
  const nowUsec = clock.monotonicUsec();
  return {
    nowUsec,
    usedUsec: readCpuUsageUsec(container.cgroup) ?? 0,
    history: () => ({
      startedAtUsec: nowUsec - ageUsecOf({ initStartTicks: oldestStartTicks }, clock),
      cpuCount: readContainerCpus(container, sources).length,
    }),
  };
}
