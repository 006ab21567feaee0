// The texts that the reader of a fixture sees, of files that need nothing but its
// cgroups and the host's files.

import { KeptTaskCounts } from '../../src/cgroup/kept-task-counts.ts';
import { countTasks } from '../../src/cgroup/tasks.ts';
import { HostFiles } from '../../src/host/host-files.ts';
import { KeptCpuinfo } from '../../src/host/kept-cpuinfo.ts';
import { cpuinfoText } from '../../src/procfs/cpuinfo.ts';
import { diskstatsText } from '../../src/procfs/diskstats.ts';
import { loadavgText } from '../../src/procfs/loadavg.ts';
import { slabinfoText } from '../../src/procfs/slabinfo.ts';
import { swapsText } from '../../src/procfs/swaps.ts';
import { Bell } from '../../src/shared/bell.ts';
import type { CpuPolicy } from '../../src/view/cpu-count.ts';
import { SharedLoads } from '../../src/view/shared-loads.ts';
import type { Fixture } from './fixture.ts';

function withHost<Result>({ root }: Fixture, use: (host: HostFiles) => Result): Result {
  const host = new HostFiles(root);
  try {
    return use(host);
  } finally {
    host.close();
  }
}

export function cpuinfoTextOf(fixture: Fixture): string | undefined {
  const cpuPolicy: CpuPolicy = fixture.reader['policy'] === 'cpuset' ? 'cpuset' : 'quota';
  return withHost(fixture, (host) => {
    const cpuinfo = new KeptCpuinfo({ host, clock: { monotonicUsec: () => 0 } });
    return cpuinfoText(fixture, { host, cpuPolicy, cpuinfo }, 0);
  });
}

export function swapsTextOf(fixture: Fixture): string | undefined {
  const { reader } = fixture;
  const shownMemory = { swap: reader['swap'] !== 'off', zswap: true };
  return withHost(fixture, (host) => swapsText(fixture, { host, shownMemory }));
}

export function diskstatsTextOf(fixture: Fixture): string | undefined {
  return withHost(fixture, (host) => diskstatsText(fixture, { host }));
}

export function slabinfoTextOf(fixture: Fixture): string | undefined {
  return slabinfoText(fixture);
}

/** At the container's first read. */
export function loadavgTextOf(fixture: Fixture): string | undefined {
  const { cgroup, reader, root } = fixture;
  const procRoot = `${root}/proc`;
  const boottimeUsec = Number(reader['boottimeUsec']);
  const clock = {
    boottimeUsec: () => boottimeUsec,
    monotonicUsec: () => boottimeUsec,
    realtimeUsec: () => boottimeUsec,
  };
  const loads = {
    shared: new SharedLoads(SharedLoads.allocate({ low: 1, high: 2 }), 1),
    bell: new Bell(Bell.allocate()),
  };
  const taskCounts = new KeptTaskCounts(() => countTasks(cgroup, procRoot));
  const container = { cgroup, taskCounts, initStartTicks: 0, pidnsInode: 1, owner: 1 };
  const callerTid = Number(reader['callerTid']);
  return withHost(fixture, (host) =>
    loadavgText(container, { clock, cpuPolicy: 'quota', host, loads }, callerTid, procRoot),
  );
}
