// The texts of /proc/stat and /proc/uptime that the reader of a fixture sees at
// the first reading. Its reader.json tells the init's pid and the clocks.

import { readCpuQuota, readCpuUsage, readCpuUsageUsec } from '../../src/cgroup/cpu.ts';
import { type CpuList, readCpuset } from '../../src/cgroup/cpuset.ts';
import { countTasks } from '../../src/cgroup/tasks.ts';
import { parseHostStat } from '../../src/host/stat.ts';
import { readPidStat } from '../../src/kernel/pid-stat.ts';
import { renderStat } from '../../src/render/stat.ts';
import { renderUptime } from '../../src/render/uptime.ts';
import { cpusOf } from '../../src/view/cpu-count.ts';
import { startedAtSec } from '../../src/view/cpu-times.ts';
import { SharedCpuTimes } from '../../src/view/shared-cpu-times.ts';
import type { Fixture } from './fixture.ts';

const usecPerTick = 10_000;

function numberOf({ reader }: Fixture, fact: string): number {
  const value = reader[fact];
  if (typeof value === 'number') return value;
  throw new SyntaxError(`Cannot use reader.json: expected a number ${fact}`);
}

function ageUsecOf(fixture: Fixture): number {
  const init = readPidStat(`${fixture.root}/proc/${numberOf(fixture, 'initPid')}`);
  if (init === undefined) throw new Error('Cannot tell the age: the fixture has no init');
  return numberOf(fixture, 'boottimeUsec') - init.startTicks * usecPerTick;
}

function cpusIn({ cgroup, reader, readHost }: Fixture): CpuList {
  return cpusOf({
    policy: reader['policy'] === 'cpuset' ? 'cpuset' : 'quota',
    quota: readCpuQuota(cgroup),
    cpuset: readCpuset(cgroup),
    hostOnline: parseHostStat(readHost('/proc/stat')).onlineCpus,
  });
}

export function statTextOf(fixture: Fixture): string | undefined {
  const { cgroup, root, readHost } = fixture;
  const usage = readCpuUsage(cgroup);
  if (usage === undefined) return undefined;
  const host = parseHostStat(readHost('/proc/stat'));
  const secret = { low: 1, high: 2 };
  const times = new SharedCpuTimes(SharedCpuTimes.allocate(host.onlineCpus.length, secret), 1);
  const ageUsec = ageUsecOf(fixture);
  const cpuTimes = times.advance(times.keyOf('golden', 1), () => ({
    ageUsec,
    cpus: cpusIn(fixture),
    usage,
    startedAtSec: startedAtSec(numberOf(fixture, 'realtimeUsec'), ageUsec),
  }));
  if (cpuTimes === undefined) return undefined;
  const { running, blocked } = countTasks(cgroup, `${root}/proc`);
  return renderStat({ host, cpuTimes, procsRunning: running, procsBlocked: blocked });
}

export function uptimeTextOf(fixture: Fixture): string | undefined {
  const usedUsec = readCpuUsageUsec(fixture.cgroup);
  if (usedUsec === undefined) return undefined;
  const cpuCount = cpusIn(fixture).length;
  return renderUptime({ ageUsec: ageUsecOf(fixture), cpuCount, usedUsec });
}
