// The serving threads: started, watched, replaced. One thread's end never ends
// the daemon, and the request it had taken is answered all the same.

import { encodeErrorReply } from '../fuse/session.ts';
import { writeFuseReply } from '../kernel/fuse-device.ts';
import { startThread } from '../kernel/threads.ts';
import type { ControlBlock } from './control-block.ts';
import type { Log } from './log.ts';
import type { WorkerStart } from './worker-start.ts';

/** A thread that ends sooner than this after its start is replaced more slowly. */
const healthyMsec = 10_000;
const firstDelayMsec = 10;
const longestDelayMsec = 1000;

/** A log line that a serving thread posts to the main thread. */
export interface ThreadLogLine {
  readonly level: 'warn' | 'error' | 'debug';
  readonly fields: Readonly<Record<string, unknown>>;
  readonly message: string;
}

export interface WorkerPoolOptions {
  /** The module each thread runs. */
  readonly module: URL;
  readonly start: Omit<WorkerStart, 'thread'>;
  readonly count: number;
  readonly control: ControlBlock;
  /** Puts right what a dead thread may have left half-done in shared memory. */
  readonly recover: (thread: number) => void;
  readonly log: Log;
  /** Offered every message of a thread; true when it was no line of the log. */
  readonly takeMessage?: (message: unknown) => boolean;
}

export class WorkerPool {
  readonly #options: WorkerPoolOptions;
  readonly #delayMsec: number[];
  #living = 0;
  #isEnding = false;
  #connectionEnded: () => void = () => {};
  /** Resolves when the connection to the kernel has ended and with it all threads. */
  readonly ended: Promise<void>;

  constructor(options: WorkerPoolOptions) {
    this.#options = options;
    this.#delayMsec = Array.from({ length: options.count }, () => firstDelayMsec);
    this.ended = new Promise((resolve) => {
      this.#connectionEnded = resolve;
    });
  }

  startAll(): void {
    for (let index = 0; index < this.#options.count; index++) this.#startOrRetry(index);
  }

  /** How many threads are running. */
  living(): number {
    return this.#living;
  }

  /** From here on a thread that ends is not replaced. */
  stopReplacing(): void {
    this.#isEnding = true;
    if (this.#living === 0) this.#connectionEnded();
  }

  #start(index: number): void {
    const { module, start, log, takeMessage } = this.#options;
    const startedAt = performance.now();
    this.#living++;
    startThread(
      module,
      { ...start, thread: index + 1 },
      {
        message: (message) => {
          if (takeMessage?.(message) === true) return;
          const { level, fields, message: text } = message as ThreadLogLine;
          log[level]({ ...fields, worker: index }, text);
        },
        ended: (error) => this.#ended(index, error, performance.now() - startedAt),
      },
    );
  }

  #ended(index: number, error: Error | undefined, livedMsec: number): void {
    this.#living--;
    this.#options.recover(index + 1);
    this.#answerUnanswered(index);
    // Without an error the connection has ended, and nothing is left to serve.
    if (error !== undefined && !this.#isEnding) {
      this.#replace(index, error, livedMsec);
      return;
    }
    this.#isEnding = true;
    if (this.#living === 0) this.#connectionEnded();
  }

  #replace(index: number, error: Error, livedMsec: number): void {
    const { control, log } = this.#options;
    const known = this.#delayMsec[index] ?? firstDelayMsec;
    const delayMsec = livedMsec > healthyMsec ? firstDelayMsec : known;
    this.#delayMsec[index] = Math.min(delayMsec * 2, longestDelayMsec);
    const fields = { err: error, worker: index, answered: control.answered() };
    log.error(fields, 'lost a worker; replacing it');
    setTimeout(() => {
      if (!this.#isEnding) this.#startOrRetry(index);
    }, delayMsec);
  }

  /** Starting throws when the machine has no thread to give. */
  #startOrRetry(index: number): void {
    try {
      this.#start(index);
    } catch (error) {
      this.#ended(index, error instanceof Error ? error : new Error(String(error)), 0);
    }
  }

  #answerUnanswered(index: number): void {
    const { control, start, log } = this.#options;
    const unique = control.takeUnanswered(index);
    if (unique === undefined) return;
    const reply = encodeErrorReply(unique);
    try {
      writeFuseReply(start.fuseFd, reply, reply.length);
      log.warn({ worker: index, unique }, 'answered a lost request with EIO');
    } catch (error) {
      log.error({ err: error, worker: index, unique }, 'could not answer a lost request');
    }
  }
}
