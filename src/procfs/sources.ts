// What renderers of container files draw on, put together once per thread.

import type { HostFiles } from '../host/host-files.ts';
import type { KeptCpuinfo } from '../host/kept-cpuinfo.ts';
import type { Bell } from '../shared/bell.ts';
import type { CpuPolicy } from '../view/cpu-count.ts';
import type { ShownMemory } from '../view/memory.ts';
import type { SharedCpuTimes } from '../view/shared-cpu-times.ts';
import type { SharedLoads } from '../view/shared-loads.ts';

/** Clocks in microseconds. */
export interface Clock {
  /** Since boot, time asleep included. */
  boottimeUsec(): number;
  monotonicUsec(): number;
  /** Since 1970. */
  realtimeUsec(): number;
}

export interface LoadSources {
  readonly shared: SharedLoads;
  /** Rung when a container is to be counted that was not until then. */
  readonly bell: Bell;
}

/** Policies and what is switched off can differ from one request to the next. */
export interface Sources {
  readonly host: HostFiles;
  readonly cpuinfo: KeptCpuinfo;
  readonly clock: Clock;
  readonly cpuPolicy: CpuPolicy;
  readonly shownMemory: ShownMemory;
  readonly cpuTimes: SharedCpuTimes;
  /** `undefined`: containers see the host's load. */
  readonly loads: LoadSources | undefined;
}
