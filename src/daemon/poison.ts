// What was being done when serving threads, or whole servers, died. A request that was at hand at
// two deaths is answered from the host's files; so is everything that a container asks, when its
// requests were at hand at several deaths in a row.
//
// Whoever just happened to be at hand shall not suffer twice: after a death the requests that were
// are answered one after the other, and one that still waits for its turn is not to blame.
//
// In shared memory that outlives the server. Written by main threads, but for turns.

import type { RegionSpec } from './state-file.ts';

const requestRows = 64;
const containerRows = 64;

/** 32-bit words before the rows: how many requests were ever noted. */
const NOTED = 0;
/** How many containers are in quarantine. */
const QUARANTINED = 1;
const headerWords = 4;
/** Of a request's row: the two halves of its `unique`, deaths, its turn among those of a death. */
const requestWords = 4;
const TURN = 3;
/** In place of a turn: a thread waits for it. */
const WAITING = -1;
/** Requests take microseconds, and those that kill are hardly slower. */
const turnMsec = 20;
const lastTurn = 10;
/** Of a container's row, 64-bit floats: inode of its pid namespace, deaths, time of the last one. */
const INODE = 0;
const DEATHS = 1;
const LAST_USEC = 2;
const containerNumbers = 3;

const containersBegin = (headerWords + requestRows * requestWords) * 4;

/** The kernel sets it in requests that it sends again (FUSE_UNIQUE_RESEND). */
const RESENT = 1n << 63n;
/** In the upper half of a `unique`. */
const pressureBit = 1 << 30;
/** At so many deaths in a row, none longer than this after the one before. */
const quarantineDeaths = 5;
const rowUsec = 60e6;

const nobodyRings = new Int32Array(new SharedArrayBuffer(4));

export interface QuarantinedContainer {
  readonly pidnsInode: number;
  readonly deaths: number;
}

export class Poison {
  readonly #words: Int32Array;
  readonly #containers: Float64Array;
  readonly #connectionBits: number;

  static readonly region: RegionSpec = {
    name: 'poison',
    version: 1,
    byteLength: containersBegin + containerRows * containerNumbers * 8,
  };

  /** Each connection numbers its requests by itself: rows of one are not those of the other. */
  constructor(memory: ArrayBufferLike, connection: 'tree' | 'pressure' = 'tree') {
    this.#connectionBits = connection === 'tree' ? 0 : pressureBit;
    this.#words = new Int32Array(memory, 0, headerWords + requestRows * requestWords);
    this.#containers = new Float64Array(memory, containersBegin, containerRows * containerNumbers);
  }

  /** Whether no request was ever at hand at a death. */
  isEmpty(): boolean {
    return Atomics.load(this.#words, NOTED) === 0;
  }

  /**
   * A request was at hand when its thread or server died, with so many before it.
   * @returns whether it may be what killed.
   */
  blame(unique: bigint, turn = 0): boolean {
    const noted = this.#words[NOTED] ?? 0;
    const known = this.#find(unique);
    const at = known ?? headerWords + (noted % requestRows) * requestWords;
    const deaths = known === undefined ? 0 : (this.#words[at + 2] ?? 0);
    const isGuilty = known === undefined || this.#words[at + TURN] !== WAITING;
    this.#words[at] = lowOf(unique);
    this.#words[at + 1] = this.#highOf(unique);
    this.#words[at + 2] = deaths + Number(isGuilty);
    this.#words[at + TURN] = Math.min(turn, lastTurn);
    Atomics.store(this.#words, NOTED, known === undefined ? noted + 1 : noted);
    return isGuilty;
  }

  /** Blocks the thread until it is the turn of a request that was at hand at a death. */
  awaitTurn(unique: bigint): void {
    const at = this.#find(unique);
    const turn = at === undefined ? 0 : (this.#words[at + TURN] ?? 0);
    if (at === undefined || turn <= 0) return;
    Atomics.store(this.#words, at + TURN, WAITING);
    Atomics.wait(nobodyRings, 0, 0, turn * turnMsec);
    Atomics.store(this.#words, at + TURN, 0);
  }

  /** There are other connections by now, whose requests have the same numbers. */
  forgetRequests(): void {
    this.#words.fill(0, headerWords);
    Atomics.store(this.#words, NOTED, 0);
  }

  /** At how many deaths the request was at hand. */
  deathsOf(unique: bigint): number {
    const at = this.#find(unique);
    return at === undefined ? 0 : (this.#words[at + 2] ?? 0);
  }

  /**
   * A server died while requests of these pid namespaces, and of no other, were at hand.
   * Preconditions: called once for each death, with the time since boot.
   */
  blameContainers(pidnsInodes: ReadonlySet<number>, nowUsec: number): void {
    for (let at = 0; at < this.#containers.length; at += containerNumbers) {
      const inode = this.#number(at, INODE);
      const isLate = nowUsec - this.#number(at, LAST_USEC) > rowUsec;
      if (this.#number(at, DEATHS) >= quarantineDeaths) continue;
      if (inode !== 0 && (isLate || !pidnsInodes.has(inode))) this.#containers.fill(0, at, at + 3);
    }
    for (const inode of pidnsInodes) this.#blameContainer(inode, nowUsec);
    Atomics.store(this.#words, QUARANTINED, this.quarantined().length);
  }

  /**
   * Of a container whose init started that long after boot: the kernel gives the number of a pid
   * namespace that has ended to the next one.
   */
  isQuarantined(pidnsInode: number | undefined, initStartedUsec = 0): boolean {
    if (Atomics.load(this.#words, QUARANTINED) === 0) return false;
    return this.#quarantinedRows().some(
      (at) =>
        this.#number(at, INODE) === pidnsInode && this.#number(at, LAST_USEC) >= initStartedUsec,
    );
  }

  quarantined(): QuarantinedContainer[] {
    return this.#quarantinedRows().map((at) => ({
      pidnsInode: this.#number(at, INODE),
      deaths: this.#number(at, DEATHS),
    }));
  }

  /** All containers get their own files again. */
  release(): void {
    this.#containers.fill(0);
    Atomics.store(this.#words, QUARANTINED, 0);
  }

  #quarantinedRows(): number[] {
    const rows = Array.from({ length: containerRows }, (_, row) => row * containerNumbers);
    return rows.filter((at) => this.#number(at, DEATHS) >= quarantineDeaths);
  }

  #blameContainer(inode: number, nowUsec: number): void {
    const rows = Array.from({ length: containerRows }, (_, row) => row * containerNumbers);
    const at =
      rows.find((row) => this.#number(row, INODE) === inode) ??
      rows.find((row) => this.#number(row, INODE) === 0);
    if (at === undefined) return;
    this.#containers[at + INODE] = inode;
    this.#containers[at + DEATHS] = this.#number(at, DEATHS) + 1;
    this.#containers[at + LAST_USEC] = nowUsec;
  }

  #number(at: number, field: number): number {
    return this.#containers[at + field] ?? 0;
  }

  #find(unique: bigint): number | undefined {
    const low = lowOf(unique);
    const high = this.#highOf(unique);
    for (let row = 0; row < requestRows; row++) {
      const at = headerWords + row * requestWords;
      if (this.#words[at] === low && this.#words[at + 1] === high) return at;
    }
    return undefined;
  }

  /** The kernel counts requests in two's; none gets so far that it has the connection's bit. */
  #highOf(unique: bigint): number {
    return Number(BigInt.asIntN(32, (unique & ~RESENT) >> 32n)) | this.#connectionBits;
  }
}

function lowOf(unique: bigint): number {
  return Number(BigInt.asIntN(32, unique));
}
