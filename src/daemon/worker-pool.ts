// The serving threads: started, watched, replaced. One thread's end never ends
// the daemon, and another answers the request it had taken.

import { encodeErrorReply } from '../fuse/session.ts';
import { writeFuseReply } from '../kernel/fuse-device.ts';
import { startThread } from '../kernel/threads.ts';
import { blameThread } from './blame.ts';
import { Gate } from './gate.ts';
import type { Journal } from './journal.ts';
import type { Log } from './log.ts';
import type { Poison } from './poison.ts';
import { StuckThreads } from './stuck-threads.ts';
import type { PreparedMessage, WorkerStart } from './worker-start.ts';

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
  readonly start: Omit<WorkerStart, 'thread' | 'gate'>;
  readonly count: number;
  /** How many threads there may be beyond the count, each in place of one that is stuck. */
  readonly mostSiblings: number;
  readonly journal: Journal;
  readonly poison: Poison;
  /** Puts right what a dead thread may have left half-done in shared memory. */
  readonly recover: (thread: number) => void;
  /** Called when a thread had no time to give back its fds: nobody can but the end of the process. */
  readonly onFdsLost?: () => void;
  readonly log: Log;
  /** Offered every message of a thread; true when it was no line of the log. */
  readonly takeMessage?: (message: unknown) => boolean;
}

interface Deferred {
  readonly promise: Promise<void>;
  resolve(): void;
  reject(error: Error): void;
}

function deferred(): Deferred {
  let resolve = () => {};
  let reject: (error: Error) => void = () => {};
  const promise = new Promise<void>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}

/** Node ends such a thread wherever it is (resourceLimits). */
function isOutOfMemory(error: Error): boolean {
  return 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY';
}

export class WorkerPool {
  readonly #options: WorkerPoolOptions;
  readonly #gate = new Gate(Gate.allocate());
  readonly #delayMsec = new Map<number, number>();
  readonly #living = new Set<number>();
  /** Of those, who waits at the gate, or serves. */
  readonly #prepared = new Set<number>();
  readonly #allPrepared = deferred();
  readonly #stuck: StuckThreads;
  /** Numbers of threads beyond the count; of them, those that were told to end. */
  readonly #siblings = new Set<number>();
  readonly #retired = new Set<number>();
  #isOpen = false;
  #isEnding = false;
  readonly #connectionEnded = deferred();
  /** Resolves when the connection to the kernel has ended and with it all threads. */
  readonly ended = this.#connectionEnded.promise;

  constructor(options: WorkerPoolOptions) {
    this.#options = options;
    this.#stuck = new StuckThreads(options.journal);
  }

  /** @returns when all threads wait at the gate; rejects with why one could not get there. */
  prepare(): Promise<void> {
    for (let thread = 1; thread <= this.#options.count; thread++) this.#startOrRetry(thread);
    return this.#allPrepared.promise;
  }

  /**
   * The connection is theirs from here on, and so is the journal; in the slots `left`, which are of
   * no thread, are requests that somebody left unanswered.
   */
  open(left: readonly number[]): void {
    this.#isOpen = true;
    for (const thread of this.threads()) this.#options.journal.setRetired(thread, false);
    this.#gate.open(left);
  }

  /** Instead of open(): the threads end. */
  abandon(): void {
    this.#isEnding = true;
    this.#gate.close();
  }

  /** How many threads are running. */
  living(): number {
    return this.#living.size;
  }

  /** Numbers of all threads. */
  threads(): number[] {
    const always = Array.from({ length: this.#options.count }, (_, index) => index + 1);
    return [...always, ...this.#siblings];
  }

  /** How many are stuck, as watch() saw it. */
  stuckCount(): number {
    return this.#stuck.count();
  }

  /** How long the thread has been at its request, as watch() saw it; 0 when it is at none. */
  busyMsec(thread: number): number {
    return this.#stuck.busyMsec(thread, performance.now());
  }

  /**
   * Looks for threads that are stuck in a request and starts siblings for them. Call it some
   * times a second. @returns false when no thread is left that answers.
   */
  watch(): boolean {
    if (!this.#isOpen || this.#isEnding) return true;
    const stuck = this.#stuck.look([...this.#prepared], performance.now());
    for (const thread of stuck.begun) {
      this.#options.log.warn({ worker: thread - 1 }, 'a worker is stuck in a request');
    }
    const spare = this.living() - stuck.count - this.#retired.size - this.#options.count;
    if (stuck.count > 0 && spare < 0) this.#startSibling();
    if (spare > 0) this.#retireSibling();
    return this.#prepared.size > stuck.count;
  }

  #startSibling(): void {
    const { count, mostSiblings, journal } = this.#options;
    const numbers = Array.from({ length: mostSiblings }, (_, index) => count + 1 + index);
    // What a predecessor's sibling left is for whoever finds it at the gate.
    const isFree = (number: number) =>
      !this.#siblings.has(number) && journal.takenBy(number) === 0n;
    const thread = numbers.find(isFree);
    if (thread === undefined) return;
    this.#siblings.add(thread);
    this.#startOrRetry(thread);
  }

  /** A thread that was stuck works again: a sibling ends with its next request. */
  #retireSibling(): void {
    const thread = [...this.#siblings].find((sibling) => !this.#retired.has(sibling));
    if (thread === undefined) return;
    this.#retired.add(thread);
    this.#options.journal.setRetired(thread, true);
  }

  /** From here on a thread that ends is not replaced. */
  stopReplacing(): void {
    this.#isEnding = true;
    const dead = this.threads().filter((thread) => !this.#living.has(thread));
    for (const thread of dead) this.#refuseLeft(thread);
    this.#resolveAtEnd();
  }

  #resolveAtEnd(): void {
    if (this.#isEnding && this.#living.size === 0) this.#connectionEnded.resolve();
  }

  #start(thread: number): void {
    const { module, start, journal } = this.#options;
    const startedAt = performance.now();
    if (this.#isOpen) journal.setRetired(thread, false);
    this.#living.add(thread);
    startThread(
      module,
      { ...start, thread, gate: this.#gate.memory },
      {
        message: (message) => this.#takeMessage(thread, message),
        ended: (error) => this.#ended(thread, error, performance.now() - startedAt),
      },
    );
  }

  #takeMessage(thread: number, message: unknown): void {
    const { log, takeMessage, count } = this.#options;
    if (isPrepared(message)) {
      this.#prepared.add(thread);
      if (this.#prepared.size >= count) this.#allPrepared.resolve();
      return;
    }
    if (takeMessage?.(message) === true) return;
    const { level, fields, message: text } = message as ThreadLogLine;
    log[level]({ ...fields, worker: thread - 1 }, text);
  }

  #ended(thread: number, error: Error | undefined, livedMsec: number): void {
    this.#living.delete(thread);
    this.#prepared.delete(thread);
    this.#stuck.forget(thread);
    // Until then all of that is the predecessor's, which may be serving.
    if (this.#isOpen) this.#options.recover(thread);
    if (this.#hasRetired(thread, error)) return;
    // Without an error the connection has ended, and nothing is left to serve.
    if (error === undefined) this.#isEnding = true;
    else this.#died(thread, error, livedMsec);
    if (this.#isEnding) this.#refuseLeft(thread);
    this.#resolveAtEnd();
  }

  #died(thread: number, error: Error, livedMsec: number): void {
    const hasLeft = this.#isOpen && blameThread(this.#options, thread);
    if (!this.#isOpen) this.#allPrepared.reject(error);
    if (this.#isEnding) return;
    const { log } = this.#options;
    log.error({ err: error, worker: thread - 1, hasLeft }, 'lost a worker; replacing it');
    if (isOutOfMemory(error)) this.#options.onFdsLost?.();
    this.#replaceLater(thread, livedMsec);
  }

  /** Whether a thread that ended had been told to. */
  #hasRetired(thread: number, error: Error | undefined): boolean {
    if (!this.#retired.delete(thread)) return false;
    // It may have died on its way: then what it had is for its replacement.
    if (error !== undefined) return false;
    this.#siblings.delete(thread);
    return !this.#isEnding;
  }

  /** The request that it was at stays in its slot of the journal, where its replacement finds it. */
  #replaceLater(thread: number, livedMsec: number): void {
    const known = this.#delayMsec.get(thread) ?? firstDelayMsec;
    const delayMsec = livedMsec > healthyMsec ? firstDelayMsec : known;
    this.#delayMsec.set(thread, Math.min(delayMsec * 2, longestDelayMsec));
    setTimeout(() => {
      if (!this.#isEnding) this.#startOrRetry(thread);
    }, delayMsec);
  }

  /** Starting throws when the machine has no thread to give. */
  #startOrRetry(thread: number): void {
    try {
      this.#start(thread);
    } catch (error) {
      this.#ended(thread, error instanceof Error ? error : new Error(String(error)), 0);
    }
  }

  /** Answers what a thread was at that ended, and that nobody will take its place. */
  #refuseLeft(thread: number): void {
    const { start, log, journal } = this.#options;
    const unique = this.#isOpen ? journal.takenBy(thread) : 0n;
    if (unique === 0n) return;
    const reply = encodeErrorReply(unique);
    try {
      writeFuseReply(start.fuseFd, reply, reply.length);
      log.warn({ worker: thread - 1, unique }, 'answered a lost request with EIO');
    } catch (error) {
      log.error({ err: error, worker: thread - 1, unique }, 'could not answer a lost request');
    }
    journal.forget(thread);
  }
}

function isPrepared(message: unknown): message is PreparedMessage {
  return typeof message === 'object' && message !== null && 'prepared' in message;
}
