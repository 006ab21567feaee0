// What the main thread gives to the thread that serves /proc/pressure.

import type { SharedMemory, WorkerStart } from './worker-start.ts';

export interface PressureMemory extends SharedMemory {
  readonly triggers: SharedArrayBuffer;
  /** One 32-bit word: whether the file system is mounted. */
  readonly mounted: SharedArrayBuffer;
}

export interface PressureStart extends WorkerStart {
  readonly memory: PressureMemory;
  readonly epollFd: number;
  /** Where to mount, in the read-only tree. */
  readonly directory: string;
  /** Secret of the hash that tells owners of triggers apart. */
  readonly secret: { readonly low: number; readonly high: number };
}

/** What the thread tells the main thread, beside lines of the log. */
export interface PressureMessage {
  /** `released`: triggers are to be closed. */
  readonly pressure: 'mounted' | 'not mounted' | 'released';
}
