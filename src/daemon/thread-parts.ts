// What each serving thread puts together for itself from the plain values it was started
// with: who asks, and what the texts are made of.

import { readLayout } from '../cgroup/read-layout.ts';
import { HostFiles } from '../host/host-files.ts';
import { KeptCpuinfo } from '../host/kept-cpuinfo.ts';
import { clock } from '../kernel/clock.ts';
import { viewMapping } from '../kernel/mapped-memory.ts';
import { isOutOfFds } from '../kernel/out-of-fds.ts';
import { Containers } from '../procfs/containers.ts';
import type { FallbackParts } from '../procfs/fallback.ts';
import { chooseStrategy } from '../reader/choose-strategy.ts';
import { ReaderResolver } from '../reader/resolver.ts';
import { Bell } from '../shared/bell.ts';
import { SharedCpuTimes } from '../view/shared-cpu-times.ts';
import { SharedLoads } from '../view/shared-loads.ts';
import { Poison } from './poison.ts';
import { Switches } from './switches.ts';
import type { ThreadLog } from './thread-log.ts';
import type { WorkerStart } from './worker-start.ts';

/** proc_pid_stat(5) counts in USER_HZ, which is 100 on every architecture that Node runs on. */
const tickUsec = 1e4;

export interface ThreadParts {
  readonly resolver: ReaderResolver;
  /** A resolver to which everybody is the host. */
  hostResolver(): ReaderResolver;
  readonly textParts: FallbackParts;
  /** Closes all that is kept open for later; what is asked for next is opened anew. */
  giveBackFds(): void;
}

/** What of its start a thread's parts depend on. */
export type PartsStart = Pick<WorkerStart, 'options' | 'memory' | 'thread'>;

export function threadParts(start: PartsStart, log: ThreadLog): ThreadParts {
  const { options, memory, thread } = start;
  const switches = new Switches(viewMapping(memory.switches), options);
  const poison = new Poison(viewMapping(memory.poison));
  const strategy = chooseStrategy(options.resolver);
  const resolver = new ReaderResolver({
    strategy,
    cacheTtlMsec: options.initCacheTtlMsec,
    onFailure: (error) => log.lookupFailed(strategy.name, error),
    seesContainers: () => switches.isOn('virtualization'),
    isQuarantined: ({ pidnsInode, initStartTicks }) =>
      poison.quarantine.has(pidnsInode, initStartTicks * tickUsec),
  });
  const hostResolver = () =>
    new ReaderResolver({ strategy, cacheTtlMsec: 0, seesContainers: () => false });
  const host = new HostFiles();
  const loads = {
    shared: new SharedLoads(viewMapping(memory.loads.rows), thread),
    bell: new Bell(memory.loads.bell),
  };
  const textParts: FallbackParts = {
    containers: new Containers(readLayout(), clock),
    sources: {
      host,
      cpuinfo: new KeptCpuinfo({ host, clock }),
      clock,
      get cpuPolicy() {
        return switches.get('cpus');
      },
      shownMemory: {
        get swap() {
          return switches.isOn('swap');
        },
        get zswap() {
          return switches.isOn('zswap');
        },
      },
      cpuTimes: new SharedCpuTimes(viewMapping(memory.cpuTimes), thread),
      get loads() {
        return switches.isOn('loadavg') ? loads : undefined;
      },
    },
    isShortage: isOutOfFds,
    report: (entry, reader, error) => log.fallback(entry.path, reader, error),
  };
  const giveBackFds = () => {
    textParts.containers.close();
    resolver.close();
    host.close();
  };
  return { resolver, hostResolver, textParts, giveBackFds };
}
