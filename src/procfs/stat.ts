// /proc/stat of a container.

import { readCpuUsage } from '../cgroup/cpu.ts';
import { parseHostStat } from '../host/stat.ts';
import { renderStat } from '../render/stat.ts';
import { type CpuSample, startedAtSec } from '../view/cpu-times.ts';
import { ageUsecOf } from './age.ts';
import type { Container } from './container.ts';
import { readContainerCpus } from './cpus.ts';
import type { Sources } from './sources.ts';

export function statText(container: Container, sources: Sources): string | undefined {
  const { clock, cpuTimes, host } = sources;
  const hostText = host.readText('/proc/stat');
  if (hostText === undefined) return undefined;
  container.cpuTimesKey ??= cpuTimes.keyOf(container.identity, container.owner);
  const times = cpuTimes.advance(container.cpuTimesKey, () => takeSample(container, sources));
  if (times === undefined) return undefined;
  const { running, blocked } = container.taskCounts.at(clock.monotonicUsec());
  return renderStat({
    host: parseHostStat(hostText),
    cpuTimes: times,
    procsRunning: running,
    procsBlocked: blocked,
  });
}

function takeSample(container: Container, sources: Sources): CpuSample | undefined {
  const usage = readCpuUsage(container.cgroup);
  if (usage === undefined) return undefined;
  const ageUsec = ageUsecOf(container, sources.clock);
  return {
    ageUsec,
    cpus: readContainerCpus(container, sources),
    usage,
    startedAtSec: startedAtSec(sources.clock.realtimeUsec(), ageUsec),
  };
}
