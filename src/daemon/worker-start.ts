// What the main thread gives to a serving thread: plain values and shared memory.

import type { LoadMemory } from './load-sampling.ts';
import type { ServeOptions } from './serve-options.ts';

/** Memory that all serving threads use together. */
export interface SharedMemory {
  readonly control: SharedArrayBuffer;
  readonly openFiles: SharedArrayBuffer;
  readonly cpuTimes: SharedArrayBuffer;
  readonly loads: LoadMemory;
  readonly switches: ArrayBufferLike;
}

export interface WorkerStart {
  /** Number of the thread, from 1; names it as the owner of a lock. */
  readonly thread: number;
  readonly fuseFd: number;
  readonly memory: SharedMemory;
  readonly options: ServeOptions;
  /** Times of all nodes, seconds since 1970. */
  readonly startTimeSec: number;
}
