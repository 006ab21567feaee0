// What was being done when serving threads, or whole servers, died. A request that was at hand at
// two deaths is poison: it is answered from the host's files, and so is everything that its
// container asks when that happens again and again.
//
// Whoever just happened to be at hand shall not suffer twice: after a death the requests that were
// are answered one after the other, and one that still waits for its turn is not to blame.
//
// In shared memory that outlives the server. Written by main threads, but for turns.

import { Quarantine } from './quarantine.ts';
import type { RegionSpec } from './state-file.ts';

/** So many deaths and a request is poison. */
export const poisonDeaths = 2;

const requestRows = 64;
/** 32-bit words before the rows: how many requests were ever noted. */
const NOTED = 0;
const headerWords = 4;
/** Of a row: the two halves of a request's `unique`, deaths, turn. */
const LOW = 0;
const HIGH = 1;
const DEATHS = 2;
/** 1 and up: the request waits for its turn. 0: it has had it, and what happens may be its doing. */
const TURN = 3;
const rowWords = 4;
/** Requests take microseconds, the first ones of a server tens of milliseconds where CPUs are busy. */
const turnMsec = 100;
const lastTurn = 11;

const quarantineBegin = (headerWords + requestRows * rowWords) * 4;

/** The kernel sets it in requests that it sends again (FUSE_UNIQUE_RESEND). */
const RESENT = 1n << 63n;
/** In the upper half of a `unique`. */
const pressureBit = 1 << 30;

const nobodyRings = new Int32Array(new SharedArrayBuffer(4));

export class Poison {
  readonly quarantine: Quarantine;
  readonly #words: Int32Array;
  readonly #connectionBit: number;

  static readonly region: RegionSpec = {
    name: 'poison',
    version: 2,
    byteLength: quarantineBegin + Quarantine.byteLength,
  };

  /** Each connection numbers its requests by itself: rows of one are not those of the other. */
  constructor(memory: ArrayBufferLike, connection: 'tree' | 'pressure' = 'tree') {
    this.#connectionBit = connection === 'tree' ? 0 : pressureBit;
    this.#words = new Int32Array(memory, 0, headerWords + requestRows * rowWords);
    this.quarantine = new Quarantine(memory, quarantineBegin);
  }

  /** Whether no request was ever at hand at a death. */
  isEmpty(): boolean {
    return Atomics.load(this.#words, NOTED) === 0;
  }

  /**
   * A request was at hand when its thread or server died, with so many before it.
   * @returns whether that makes it poison.
   */
  blame(unique: bigint, requestsBefore = 0): boolean {
    const noted = this.#words[NOTED] ?? 0;
    const known = this.#find(unique);
    const at = known ?? headerWords + (noted % requestRows) * rowWords;
    const earlier = known === undefined ? 0 : this.#word(at, DEATHS);
    const isGuilty = known === undefined || this.#word(at, TURN) === 0;
    this.#words[at + LOW] = lowOf(unique);
    this.#words[at + HIGH] = this.#highOf(unique);
    this.#words[at + DEATHS] = earlier + Number(isGuilty);
    this.#words[at + TURN] = Math.min(1 + requestsBefore, lastTurn);
    Atomics.store(this.#words, NOTED, known === undefined ? noted + 1 : noted);
    return isGuilty && earlier + 1 === poisonDeaths;
  }

  /** Blocks the thread until it is the turn of a request that was at hand at a death. */
  awaitTurn(unique: bigint): void {
    const at = this.#find(unique);
    if (at === undefined) return;
    const requestsBefore = this.#word(at, TURN) - 1;
    if (requestsBefore > 0) Atomics.wait(nobodyRings, 0, 0, requestsBefore * turnMsec);
    Atomics.store(this.#words, at + TURN, 0);
  }

  /** At how many deaths the request was at hand. */
  deathsOf(unique: bigint): number {
    const at = this.#find(unique);
    return at === undefined ? 0 : this.#word(at, DEATHS);
  }

  /** The connection is another one, whose requests get the same numbers. */
  forgetRequests(): void {
    for (let at = headerWords; at < this.#words.length; at += rowWords) {
      const isOwn = (this.#word(at, HIGH) & pressureBit) === this.#connectionBit;
      if (isOwn) this.#words.fill(0, at, at + rowWords);
    }
    const isEmpty = this.#words.subarray(headerWords).every((word) => word === 0);
    if (isEmpty) Atomics.store(this.#words, NOTED, 0);
  }

  #word(at: number, field: number): number {
    return this.#words[at + field] ?? 0;
  }

  #find(unique: bigint): number | undefined {
    const low = lowOf(unique);
    const high = this.#highOf(unique);
    for (let at = headerWords; at < this.#words.length; at += rowWords) {
      if (this.#words[at + LOW] === low && this.#words[at + HIGH] === high) return at;
    }
    return undefined;
  }

  /** The kernel counts requests in two's; none gets so far that it has the connection's bit. */
  #highOf(unique: bigint): number {
    return Number(BigInt.asIntN(32, (unique & ~RESENT) >> 32n)) | this.#connectionBit;
  }
}

function lowOf(unique: bigint): number {
  return Number(BigInt.asIntN(32, unique));
}
