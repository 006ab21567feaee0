// What the main thread gives to a serving thread: plain values and shared memory.

import type { Mapping } from '../kernel/mapped-memory.ts';
import type { LoadMemory } from './load-sampling.ts';
import type { ServeOptions } from './serve-options.ts';

/** Memory that all serving threads use together; all of it but bells outlives the server. */
export interface SharedMemory {
  readonly journal: Mapping;
  readonly poison: Mapping;
  readonly openFiles: Mapping;
  readonly cpuTimes: Mapping;
  readonly loads: LoadMemory;
  readonly switches: Mapping;
}

export interface WorkerStart {
  /** Number of the thread, from 1; names it as the owner of a lock. */
  readonly thread: number;
  readonly fuseFd: number;
  readonly memory: SharedMemory;
  /** Where it waits until the connection is its own. */
  readonly gate: SharedArrayBuffer;
  readonly options: ServeOptions;
  /** Times of all nodes, seconds since 1970. */
  readonly startTimeSec: number;
}

/** What a thread posts once it has made everything ready and waits at its gate. */
export interface PreparedMessage {
  readonly prepared: true;
}
