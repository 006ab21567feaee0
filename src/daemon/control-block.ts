// What the main thread must know of the serving threads while they block: for
// each, the request it has taken and how many it has answered. Shared memory.

import type { InFlight } from '../transport/serve.ts';

/** 64-bit words of a thread. */
const UNIQUE = 0;
const TAKEN = 1;
const ANSWERED = 2;
const threadWords = 4;

/** Kernel ids of requests are never 0. */
const NONE = 0n;

export class ControlBlock {
  readonly memory: SharedArrayBuffer;
  readonly #words: BigUint64Array;

  static allocate(threads: number): SharedArrayBuffer {
    return new SharedArrayBuffer(threads * threadWords * 8);
  }

  constructor(memory: SharedArrayBuffer) {
    this.memory = memory;
    this.#words = new BigUint64Array(memory);
  }

  /** The record that thread number `index` (from 0) keeps of its requests. */
  inFlightOf(index: number): InFlight {
    const at = index * threadWords;
    const words = this.#words;
    return {
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

  /** Of each thread: the requests it has answered, and whether it has one. */
  records(): { readonly answered: number; readonly isBusy: boolean }[] {
    return Array.from({ length: this.#words.length / threadWords }, (_, index) => ({
      answered: Number(Atomics.load(this.#words, index * threadWords + ANSWERED)),
      isBusy: Atomics.load(this.#words, index * threadWords + UNIQUE) !== NONE,
    }));
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
