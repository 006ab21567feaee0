// A pool of real threads that do as they are told; a named pipe stands in for /dev/fuse and
// shows what was answered.

import { spawnSync } from 'node:child_process';
import { closeSync, constants, openSync, readSync } from 'node:fs';
import { pino } from 'pino';
import { vi } from 'vitest';
import { Journal } from '../../../src/daemon/journal.ts';
import { Poison } from '../../../src/daemon/poison.ts';
import { StateFile } from '../../../src/daemon/state-file.ts';
import { WorkerPool } from '../../../src/daemon/worker-pool.ts';
import { type Mapping, viewMapping } from '../../../src/kernel/mapped-memory.ts';
import type { Teardown } from '../../support/teardown.ts';

/** Words of the plan that the threads follow; see planned-thread.mjs. */
const STARTS = 0;
const FAILURES = 1;
const END = 2;
const OUT_OF_MEMORY = 3;

interface LogLine {
  readonly level: number;
  readonly msg: string;
  readonly [field: string]: unknown;
}

export interface PoolScene {
  readonly pool: WorkerPool;
  readonly journal: Journal;
  readonly poison: Poison;
  /** Thread numbers that recover() was called with. */
  readonly recovered: readonly number[];
  readonly logged: readonly LogLine[];
  /** How often fds were lost with a thread. */
  readonly lost: { readonly times: number };
  /** How many threads have been started so far. */
  starts(): number;
  untilStarted(starts: number): Promise<void>;
  /** What was written to the pipe since the last call. */
  answers(): Buffer;
  /** Lets the threads end, as they do when the connection has ended. */
  letEnd(): void;
}

export interface PoolPlan {
  readonly count: number;
  /** So many starts take a request and then throw. */
  readonly failures: number;
  /** Instead of throwing they use up the memory that a thread may have. */
  readonly isOutOfMemory?: boolean;
  readonly module?: string;
  readonly fuseFd?: number;
}

function makePipe(teardown: Teardown): number {
  const path = `${teardown.makeDir()}/pipe`;
  spawnSync('mkfifo', [path]);
  const fd = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
  teardown.add(() => closeSync(fd));
  return fd;
}

const options = {
  mountPoint: '/nowhere',
  workers: 1,
  resolver: 'auto',
  initCacheTtlMsec: 0,
  virtualization: 'on',
  cpus: 'quota',
  swap: 'on',
  zswap: 'on',
  loadavg: 'on',
  logLevel: 'debug',
} as const;

export function makePoolScene(plan: PoolPlan, teardown: Teardown): PoolScene {
  const words = new Int32Array(new SharedArrayBuffer(16));
  words[FAILURES] = plan.failures;
  words[OUT_OF_MEMORY] = plan.isOutOfMemory ? 1 : 0;
  const fuseFd = plan.fuseFd ?? makePipe(teardown);
  const state = StateFile.create();
  const mapping = state.region(Journal.region('journal'));
  const journal = new Journal(viewMapping(mapping));
  const poison = new Poison(viewMapping(state.region(Poison.region)));
  const recovered: number[] = [];
  const logged: LogLine[] = [];
  const lost = { times: 0 };
  const pool = new WorkerPool({
    module: new URL(plan.module ?? './planned-thread.mjs', import.meta.url),
    start: { fuseFd, memory: memoryOf(mapping, words), options, startTimeSec: 0 },
    count: plan.count,
    mostSiblings: 2,
    journal,
    poison,
    recover: (thread) => recovered.push(thread),
    onFdsLost: () => void lost.times++,
    log: pino({ level: 'debug' }, { write: (line: string) => logged.push(JSON.parse(line)) }),
  });
  const letEnd = () => {
    Atomics.store(words, END, 1);
    Atomics.notify(words, END);
  };
  teardown.add(letEnd);
  const starts = () => Atomics.load(words, STARTS);
  return {
    ...{ pool, journal, poison, recovered, logged, lost, letEnd, starts },
    untilStarted: (count) => vi.waitFor(() => check(starts() >= count), { timeout: 20_000 }),
    answers: () => readAll(fuseFd),
  };
}

function check(holds: boolean): void {
  if (!holds) throw new Error('not yet');
}

/** The planned threads use the journal, and the bell's words for their plan. */
function memoryOf(journal: Mapping, words: Int32Array<SharedArrayBuffer>) {
  const loads = { rows: journal, bell: words.buffer };
  const unused = journal;
  const memory = { journal, poison: unused, openFiles: unused, cpuTimes: unused };
  return { ...memory, switches: unused, loads };
}

/** Whole; nothing when the pipe is empty. */
function readAll(fd: number): Buffer {
  const bytes = Buffer.alloc(4096);
  try {
    return bytes.subarray(0, readSync(fd, bytes));
  } catch {
    return bytes.subarray(0, 0);
  }
}
