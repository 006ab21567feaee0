// The CPU accounts of all containers, in memory that the worker threads share:
// whichever answers, a reader sees counters that never fall.
//
// A hash of the container chooses a set of slots, each set has a lock, and within
// a set the least recently used slot is given to a container not seen before. A
// slot has two banks; advance() works on the spare one and then makes it the
// current one, so a thread that dies at any point leaves a whole account behind.

import { SharedLock } from '../shared/lock.ts';
import { AccountScratch, accountLength, CpuAccount } from './cpu-account.ts';
import type { CpuSample, CpuTimes } from './cpu-times.ts';
import { type Hash, keyedHash } from './keyed-hash.ts';

/** Slots of a set. So many that sets hardly ever fill up before all slots are used. */
const ways = 32;
/** Memory is used only for slots in use; this bounds it on hosts with very many CPUs. */
const mostBytes = 256 * 1024 * 1024;
const mostSets = 128;
const fewestSets = 8;

/** 32-bit words at the beginning of the buffer. */
const POSSIBLE_CPUS = 0;
const SETS = 1;
const SECRET_LOW = 2;
const SECRET_HIGH = 3;
const headerWords = 4;

/** 32-bit words of a set: its lock, and a clock that ticks at every use. */
const LOCK = 0;
const CLOCK = 1;
const setWords = 2;

/** 32-bit words of a slot. A slot whose low half is 0 is free. */
const KEY_LOW = 0;
const KEY_HIGH = 1;
const LAST_USE = 2;
const BANK = 3;
const slotWords = 4;

function slotBytes(possibleCpus: number): number {
  return 4 * slotWords + 2 * accountLength(possibleCpus) * Float64Array.BYTES_PER_ELEMENT;
}

/** Whole 8 bytes, so that the accounts behind them are aligned. */
function wordsBefore(sets: number): number {
  const words = headerWords + sets * (setWords + ways * slotWords);
  return words + (words % 2);
}

/** One of a slot's two copies of the account. */
interface Bank {
  readonly row: Float64Array;
  readonly account: CpuAccount;
}

/** A container, as SharedCpuTimes knows it; see keyOf(). */
export type CpuTimesKey = Hash;

export class SharedCpuTimes {
  readonly #words: Int32Array;
  readonly #rows: Float64Array;
  readonly #sets: number;
  readonly #locks: readonly SharedLock[];
  readonly #scratch: AccountScratch;
  readonly #banks: (Bank | undefined)[] = [];

  /** Memory for hosts whose CPU numbers are below `possibleCpus`; `secret` is random. */
  static allocate(possibleCpus: number, secret: Hash): SharedArrayBuffer {
    let sets = mostSets;
    while (sets > fewestSets && sets * ways * slotBytes(possibleCpus) > mostBytes) sets /= 2;
    const rowsBytes = sets * ways * 2 * accountLength(possibleCpus) * 8;
    const buffer = new SharedArrayBuffer(wordsBefore(sets) * 4 + rowsBytes);
    const header = new Int32Array(buffer, 0, headerWords);
    header[POSSIBLE_CPUS] = possibleCpus;
    header[SETS] = sets;
    header[SECRET_LOW] = secret.low;
    header[SECRET_HIGH] = secret.high;
    return buffer;
  }

  /** `owner` is a positive number, different for each thread. */
  constructor(buffer: SharedArrayBuffer, owner: number) {
    const header = new Int32Array(buffer, 0, headerWords);
    const sets = header[SETS] ?? 0;
    const before = wordsBefore(sets);
    this.#words = new Int32Array(buffer, 0, before);
    this.#rows = new Float64Array(buffer, before * 4);
    this.#sets = sets;
    this.#scratch = new AccountScratch(header[POSSIBLE_CPUS] ?? 0);
    this.#locks = Array.from(
      { length: sets },
      (_, set) => new SharedLock(this.#words, headerWords + set * setWords + LOCK, owner),
    );
  }

  /** The key of a container that `identity` (bytes) names and no other container has. */
  keyOf(identity: string): CpuTimesKey {
    const secret = { low: this.#words[SECRET_LOW] ?? 0, high: this.#words[SECRET_HIGH] ?? 0 };
    const { low, high } = keyedHash(identity, secret);
    return { low: low | 1, high };
  }

  /**
   * Takes a sample of the container and adds it to what was counted; the answer
   * is what to show. `take` runs alone among all threads that ask for the same
   * container, so its readings are in order. `undefined` when `take` has none.
   */
  advance(key: CpuTimesKey, take: () => CpuSample | undefined): CpuTimes | undefined {
    const set = (key.high >>> 0) % this.#sets;
    return this.#locks[set]?.run(() => {
      const sample = take();
      if (sample === undefined) return undefined;
      const slot = this.#slotOf(key, set);
      const bankWord = this.#wordOf(slot) + BANK;
      const current = this.#words[bankWord] ?? 0;
      const spare = this.#bankOf(slot, 1 - current);
      spare.row.set(this.#bankOf(slot, current).row);
      spare.account.advance(sample);
      Atomics.store(this.#words, bankWord, 1 - current);
      return spare.account.times();
    });
  }

  /** Breaks what locks a thread held when it ended; its unfinished work does not count. */
  recover(owner: number): void {
    for (const lock of this.#locks) if (lock.isHeldBy(owner)) lock.break();
  }

  #wordOf(slot: number): number {
    return headerWords + this.#sets * setWords + slot * slotWords;
  }

  /** The container's slot in the set, or the one it gets. */
  #slotOf(key: CpuTimesKey, set: number): number {
    const words = this.#words;
    const clockWord = headerWords + set * setWords + CLOCK;
    const now = ((words[clockWord] ?? 0) + 1) | 0;
    words[clockWord] = now;
    let oldest = set * ways;
    let oldestAge = -1;
    for (let slot = set * ways; slot < (set + 1) * ways; slot++) {
      const word = this.#wordOf(slot);
      const low = words[word + KEY_LOW];
      if (low === key.low && words[word + KEY_HIGH] === key.high) {
        words[word + LAST_USE] = now;
        return slot;
      }
      // Unsigned: the clock may go round.
      const age =
        low === 0 ? Number.POSITIVE_INFINITY : (now - (words[word + LAST_USE] ?? 0)) >>> 0;
      if (age > oldestAge) [oldest, oldestAge] = [slot, age];
    }
    this.#claim(oldest, key);
    words[this.#wordOf(oldest) + LAST_USE] = now;
    return oldest;
  }

  /** Empties a slot for a container. Free in between, so never half one's and half another's. */
  #claim(slot: number, key: CpuTimesKey): void {
    const word = this.#wordOf(slot);
    Atomics.store(this.#words, word + KEY_LOW, 0);
    this.#bankOf(slot, this.#words[word + BANK] ?? 0).row.fill(0);
    Atomics.store(this.#words, word + KEY_HIGH, key.high);
    Atomics.store(this.#words, word + KEY_LOW, key.low);
  }

  /** Views of memory are dear to make, so each thread keeps those it used. */
  #bankOf(slot: number, bank: number): Bank {
    const index = slot * 2 + bank;
    const known = this.#banks[index];
    if (known !== undefined) return known;
    const length = accountLength(this.#scratch.possibleCpus);
    const row = this.#rows.subarray(index * length, (index + 1) * length);
    const made = { row, account: new CpuAccount(row, this.#scratch) };
    this.#banks[index] = made;
    return made;
  }
}
