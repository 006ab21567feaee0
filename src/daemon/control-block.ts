// What the main thread must know of the serving threads while they block: for
// each, the request it has taken and how many it has answered; and what it tells
// them: how many of them are to take requests. Shared memory.

import type { InFlight } from '../transport/serve.ts';

/** The first 64 bits; as a 32-bit word, since threads wait on it. */
const ACTIVE = 0;
const headerWords = 1;

/** 64-bit words of a thread. */
const UNIQUE = 0;
const TAKEN = 1;
const ANSWERED = 2;
const threadWords = 4;

/** Kernel ids of requests are never 0. */
const NONE = 0n;

export class ControlBlock {
  readonly memory: SharedArrayBuffer;
  readonly #active: Int32Array;
  readonly #words: BigUint64Array;
  /** How many threads it has room for. */
  readonly count: number;

  /** All threads are to take requests until setActive() says otherwise. */
  static allocate(threads: number): SharedArrayBuffer {
    const memory = new SharedArrayBuffer((headerWords + threads * threadWords) * 8);
    new Int32Array(memory)[ACTIVE] = threads;
    return memory;
  }

  constructor(memory: SharedArrayBuffer) {
    this.memory = memory;
    this.#active = new Int32Array(memory, 0, 1);
    this.#words = new BigUint64Array(memory, headerWords * 8);
    this.count = this.#words.length / threadWords;
  }

  /** From here on the first `threads` of them take requests; the others wait. */
  setActive(threads: number): void {
    Atomics.store(this.#active, ACTIVE, threads);
    Atomics.notify(this.#active, ACTIVE);
  }

  active(): number {
    return Atomics.load(this.#active, ACTIVE);
  }

  /** The request that a thread has taken and not yet answered; 0n for none. */
  taken(index: number): bigint {
    return Atomics.load(this.#words, index * threadWords + UNIQUE);
  }

  /** The record that thread number `index` (from 0) keeps of its requests. */
  inFlightOf(index: number): InFlight {
    const at = index * threadWords;
    const words = this.#words;
    const active = this.#active;
    return {
      waitForTurn() {
        for (let threads = active[ACTIVE] ?? 0; index >= threads; threads = active[ACTIVE] ?? 0) {
          Atomics.wait(active, ACTIVE, threads);
        }
      },
      begin(unique) {
        Atomics.store(words, at + UNIQUE, unique);
        Atomics.add(words, at + TAKEN, 1n);
      },
      end() {
        Atomics.store(words, at + UNIQUE, NONE);
        Atomics.add(words, at + ANSWERED, 1n);
      },
    };
  }

  /** The request that a dead thread left unanswered, which from here on is the caller's to answer. */
  takeUnanswered(index: number): bigint | undefined {
    const unique = Atomics.exchange(this.#words, index * threadWords + UNIQUE, NONE);
    return unique === NONE ? undefined : unique;
  }

  /** Whether no thread is working on a request. */
  isIdle(): boolean {
    for (let at = UNIQUE; at < this.#words.length; at += threadWords) {
      if (Atomics.load(this.#words, at) !== NONE) return false;
    }
    return true;
  }

  /** Requests answered by all threads since the start. */
  answered(): number {
    let sum = 0n;
    for (let at = ANSWERED; at < this.#words.length; at += threadWords) {
      sum += Atomics.load(this.#words, at);
    }
    return Number(sum);
  }
}
