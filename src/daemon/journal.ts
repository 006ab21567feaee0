// The requests that serving threads have taken and not yet answered.
//
// A thread reads each request straight into its slot of shared memory, and clears the request's
// `unique` once it is answered. So whoever comes after a thread, or a server, that died finds
// there what is left to answer, at no cost while nobody dies.

import type { RequestSlot } from '../transport/serve.ts';
import type { RegionSpec } from './state-file.ts';

/** Thread numbers. Slot 0 is host-server's. */
export const mostThreads = 80;
const slotCount = mostThreads + 1;
/** Before the request in a slot. */
const headBytes = 4096;
const requestBytes = 8192;
const slotBytes = headBytes + requestBytes;

/** 32-bit words of the request header (struct fuse_in_header). */
const UNIQUE_LOW = headBytes / 4 + 2;
const UNIQUE_HIGH = headBytes / 4 + 3;
/** 64-bit floats of the head: how many requests the slot's threads have answered; 1 to end it. */
const ANSWERED = 0;
const RETIRED = 1;

export class Journal {
  readonly #memory: ArrayBufferLike;
  readonly #words: Int32Array;
  readonly #counts: Float64Array;

  static region(name: string): RegionSpec {
    return { name, version: 1, byteLength: slotCount * slotBytes };
  }

  constructor(memory: ArrayBufferLike) {
    this.#memory = memory;
    this.#words = new Int32Array(memory);
    this.#counts = new Float64Array(memory);
  }

  /** What the thread serves with. */
  slotOf(thread: number): RequestSlot {
    const at = (thread * slotBytes) / 4;
    const answered = (thread * slotBytes) / 8 + ANSWERED;
    const words = this.#words;
    const counts = this.#counts;
    return {
      request: this.requestOf(thread),
      end() {
        words[at + UNIQUE_LOW] = 0;
        words[at + UNIQUE_HIGH] = 0;
        counts[answered] = (counts[answered] ?? 0) + 1;
      },
      isRetired: () => counts[answered - ANSWERED + RETIRED] === 1,
    };
  }

  /** Whether the thread shall end when it has answered its next request. */
  setRetired(thread: number, isRetired: boolean): void {
    this.#counts[(thread * slotBytes) / 8 + RETIRED] = Number(isRetired);
  }

  /** The bytes of the request that the thread has taken, or took last. */
  requestOf(thread: number): Buffer {
    return Buffer.from(this.#memory, thread * slotBytes + headBytes, requestBytes);
  }

  /** The kernel's name of the request the thread is at; 0 when it is at none. */
  takenBy(thread: number): bigint {
    const at = (thread * slotBytes) / 4;
    const low = BigInt((this.#words[at + UNIQUE_LOW] ?? 0) >>> 0);
    const high = BigInt((this.#words[at + UNIQUE_HIGH] ?? 0) >>> 0);
    return (high << 32n) | low;
  }

  /** Threads, host-server's slot included, that have taken a request and not answered it. */
  unanswered(): number[] {
    const threads = Array.from({ length: slotCount }, (_, thread) => thread);
    return threads.filter((thread) => this.takenBy(thread) !== 0n);
  }

  /** Somebody else will answer the request. */
  forget(thread: number): void {
    const at = (thread * slotBytes) / 4;
    this.#words[at + UNIQUE_LOW] = 0;
    this.#words[at + UNIQUE_HIGH] = 0;
  }

  /** The same of all, which are another connection's. */
  forgetAll(): void {
    for (const thread of this.unanswered()) this.forget(thread);
  }

  /** Requests answered by the thread, and its predecessors on the same memory. */
  answeredBy(thread: number): number {
    return this.#counts[(thread * slotBytes) / 8 + ANSWERED] ?? 0;
  }

  answered(): number {
    let sum = 0;
    for (let thread = 0; thread < slotCount; thread++) sum += this.answeredBy(thread);
    return sum;
  }
}
