// The thread that counts tasks for load averages: started, and started again when it is
// lost. What it has counted lies in shared memory and goes on from there.

import { type Mapping, viewMapping } from '../kernel/mapped-memory.ts';
import { threadModule } from '../kernel/package.ts';
import { startThread } from '../kernel/threads.ts';
import { Bell } from '../shared/bell.ts';
import { SharedLoads } from '../view/shared-loads.ts';
import type { Log } from './log.ts';
import type { ThreadLogLine } from './worker-pool.ts';

/** What the thread shares with the serving threads. */
export interface LoadMemory {
  readonly rows: Mapping;
  readonly bell: SharedArrayBuffer;
}

export interface LoadThreadStart extends LoadMemory {
  /** Its number as the owner of a lock. */
  readonly thread: number;
}

export interface LoadSampling {
  /** Puts right what a dead thread may have left half-done. */
  recover(thread: number): void;
  /** Ends the thread. */
  stop(): void;
}

/** Apart from the numbers of serving threads and of the main thread. */
const samplerThread = 1_000_001;
const restartMsec = 1000;

/** `owner` is the calling thread's number as the owner of a lock. */
export function startLoadSampling(
  memory: LoadMemory,
  owner: number,
  log: Log,
  module = threadModule('load-worker'),
): LoadSampling {
  const loads = new SharedLoads(viewMapping(memory.rows), owner);
  const bell = new Bell(memory.bell);
  const start = (): void => {
    startThread(module, { ...memory, thread: samplerThread } satisfies LoadThreadStart, {
      message: (message) => {
        const { level, fields, message: text } = message as ThreadLogLine;
        log[level](fields, text);
      },
      ended,
    });
  };
  const ended = (error: Error | undefined): void => {
    loads.recover(samplerThread);
    if (bell.hasEnded()) return;
    log.error({ err: error }, 'lost the thread that counts tasks; starting another');
    setTimeout(() => {
      if (!bell.hasEnded()) startOrRetry();
    }, restartMsec);
  };
  /** Starting throws when the machine has no thread to give. */
  const startOrRetry = (): void => {
    try {
      start();
    } catch (error) {
      ended(error instanceof Error ? error : new Error(String(error)));
    }
  };
  startOrRetry();
  return { recover: (thread) => loads.recover(thread), stop: () => bell.end() };
}
