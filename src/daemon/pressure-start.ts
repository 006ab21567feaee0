// What the main thread gives to the thread that serves /proc/pressure.

import type { Mapping } from '../kernel/mapped-memory.ts';
import type { SharedMemory, WorkerStart } from './worker-start.ts';

export interface PressureMemory extends SharedMemory {
  readonly triggers: Mapping;
  readonly session: Mapping;
}

export interface PressureStart extends WorkerStart {
  readonly memory: PressureMemory;
  readonly epollFd: number;
  /** Where to mount, in the read-only tree. */
  readonly directory: string;
}

/** What the thread tells the main thread, beside lines of the log. */
export type PressureMessage =
  | { readonly pressure: 'mounted' | 'not mounted' }
  | { readonly pressure: 'released' }
  /** A trigger was set, whose fd is in the slot. */
  | { readonly pressure: 'added'; readonly slot: number; readonly fd: number };
