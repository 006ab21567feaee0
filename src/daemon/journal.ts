// The requests that serving threads have taken and not yet answered.
//
// A thread reads each request straight into its slot of shared memory, and clears the request's
// `unique` once it is answered. So whoever comes after a thread, or a server, that died finds
// there what is left to answer, at no cost while nobody dies.
//
// Nobody finds half a request there. The kernel fills a slot in one go, also for a process that is
// being killed, as long as it need not look for the memory first: see touch(). A `unique` is
// written and cleared in one store.

import type { RequestSlot } from '../transport/serve.ts';
import type { RegionSpec } from './state-file.ts';

/** Thread numbers. Slot 0 is host-server's. */
export const mostThreads = 80;
export const slotCount = mostThreads + 1;
/** Before the request in a slot. */
const headBytes = 4096;
const requestBytes = 8192;
const slotBytes = headBytes + requestBytes;
/** Of all architectures that Node runs on, the smallest. */
const pageBytes = 4096;

/** 64-bit words of a slot: how many requests its threads have answered; 1 to end the thread. */
const ANSWERED = 0;
const RETIRED = 1;
/** Of the request's header (struct fuse_in_header), in bytes; then as a word of the slot. */
const uniqueBegin = 8;
const uniqueEnd = 16;
const UNIQUE = (headBytes + uniqueBegin) / 8;

export class Journal {
  readonly #memory: ArrayBufferLike;
  readonly #uniques: BigUint64Array;
  readonly #numbers: Float64Array;

  static region(name: string): RegionSpec {
    return { name, version: 1, byteLength: slotCount * slotBytes };
  }

  constructor(memory: ArrayBufferLike) {
    this.#memory = memory;
    this.#uniques = new BigUint64Array(memory);
    this.#numbers = new Float64Array(memory);
  }

  /** What the thread serves with. */
  slotOf(thread: number): RequestSlot {
    const at = wordOf(thread);
    const numbers = this.#numbers;
    return {
      request: this.requestOf(thread),
      end() {
        numbers[at + UNIQUE] = 0;
        numbers[at + ANSWERED] = (numbers[at + ANSWERED] ?? 0) + 1;
      },
      isRetired: () => numbers[at + RETIRED] === 1,
    };
  }

  /** Whether the thread shall end when it has answered its next request. */
  setRetired(thread: number, isRetired: boolean): void {
    this.#numbers[wordOf(thread) + RETIRED] = Number(isRetired);
  }

  /** The bytes of the request that the thread has taken, or took last. */
  requestOf(thread: number): Buffer {
    return Buffer.from(this.#memory, thread * slotBytes + headBytes, requestBytes);
  }

  /**
   * Has the memory of the slot at hand. Where the kernel must look for it first, it does not for a
   * process that is being killed, and the reader whose request was to go there gets EIO.
   */
  touch(thread: number): void {
    const request = this.requestOf(thread);
    for (let at = 0; at < requestBytes; at += pageBytes) Atomics.or(request, at, 0);
  }

  /** The kernel's name of the request the thread is at; 0 when it is at none. */
  takenBy(thread: number): bigint {
    return this.#uniques[wordOf(thread) + UNIQUE] ?? 0n;
  }

  /** Threads, host-server's slot included, that have taken a request and not answered it. */
  unanswered(): number[] {
    const threads = Array.from({ length: slotCount }, (_, thread) => thread);
    return threads.filter((thread) => this.takenBy(thread) !== 0n);
  }

  /**
   * Gives a request to another thread. Whoever dies at it leaves the whole request in one of the
   * slots, or in both. Preconditions: nobody serves with the slot `from`, and `to` is at no request.
   * @returns whether there was one.
   */
  move(from: number, to: number): boolean {
    const unique = this.takenBy(from);
    if (unique === 0n) return false;
    const source = this.requestOf(from);
    const target = this.requestOf(to);
    target.set(source.subarray(0, uniqueBegin));
    target.set(source.subarray(uniqueEnd), uniqueEnd);
    Atomics.store(this.#uniques, wordOf(to) + UNIQUE, unique);
    this.forget(from);
    return true;
  }

  /** Somebody else will answer the request. */
  forget(thread: number): void {
    this.#numbers[wordOf(thread) + UNIQUE] = 0;
  }

  /** The same of all, which are another connection's. */
  forgetAll(): void {
    for (const thread of this.unanswered()) this.forget(thread);
  }

  /** Requests answered by the thread, and its predecessors on the same memory. */
  answeredBy(thread: number): number {
    return this.#numbers[wordOf(thread) + ANSWERED] ?? 0;
  }

  answered(): number {
    let sum = 0;
    for (let thread = 0; thread < slotCount; thread++) sum += this.answeredBy(thread);
    return sum;
  }
}

/** Where its slot begins, in 64-bit words. */
function wordOf(thread: number): number {
  return (thread * slotBytes) / 8;
}
