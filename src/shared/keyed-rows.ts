// A row of numbers for each container, in memory that the threads share: whichever
// of them works on a row goes on where the last one was.
//
// A hash of the container chooses a set of slots, each set has a lock, and within
// a set the least recently used slot is given to a container not seen before: one of
// an owner's that has many, if there is such a one. A slot has two banks; change()
// works on the spare one and then makes it the current one, so a thread that dies at
// any point leaves a whole row behind.

import { type Hash, keyedHash } from './keyed-hash.ts';
import { SharedLock } from './lock.ts';

/** Slots of a set. So many that sets hardly ever fill up before all slots are used. */
const ways = 32;
/** Of a full set, for one owner: who makes cgroups without end pushes nobody else out. */
const mostOwnWays = 8;
/** Memory is used only for slots in use; this bounds it where rows are very long. */
const mostBytes = 256 * 1024 * 1024;
const mostSets = 128;
const fewestSets = 8;

/** 32-bit words at the beginning of the buffer. */
const ROW_LENGTH = 0;
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
const OWNER = 4;
const slotWords = 5;

function rowsBytes(sets: number, rowLength: number): number {
  return sets * ways * 2 * rowLength * Float64Array.BYTES_PER_ELEMENT;
}

function setsFor(rowLength: number): number {
  let sets = mostSets;
  while (sets > fewestSets && rowsBytes(sets, rowLength) > mostBytes) sets /= 2;
  return sets;
}

/** Whole 8 bytes, so that the rows behind them are aligned. */
function wordsBefore(sets: number): number {
  const words = headerWords + sets * (setWords + ways * slotWords);
  return words + (words % 2);
}

/** A container, as KeyedRows knows it; see keyOf(). */
export interface RowKey extends Hash {
  readonly owner: number;
}

/** A row that is in use: its slot, and whose it is. */
export interface UsedRow {
  readonly slot: number;
  readonly key: Hash;
}

/** One of a slot's two copies of the row, and what reads and changes it. */
interface Bank<View> {
  readonly row: Float64Array;
  readonly view: View;
}

export class KeyedRows<View> {
  readonly #words: Int32Array;
  readonly #rows: Float64Array;
  readonly #rowLength: number;
  readonly #sets: number;
  readonly #locks: readonly SharedLock[];
  readonly #viewOf: (row: Float64Array) => View;
  readonly #banks: (Bank<View> | undefined)[] = [];

  /** Memory for rows of so many numbers, which are 0 at first; `secret` is random. */
  static allocate(rowLength: number, secret: Hash): SharedArrayBuffer {
    const buffer = new SharedArrayBuffer(KeyedRows.byteLengthFor(rowLength));
    KeyedRows.format(buffer, rowLength, secret);
    return buffer;
  }

  /** Bytes of memory for rows of so many numbers. */
  static byteLengthFor(rowLength: number): number {
    const sets = setsFor(rowLength);
    return wordsBefore(sets) * 4 + rowsBytes(sets, rowLength);
  }

  /** Makes memory of that length, all zero, ready for use. */
  static format(buffer: ArrayBufferLike, rowLength: number, secret: Hash): void {
    const header = new Int32Array(buffer, 0, headerWords);
    header[ROW_LENGTH] = rowLength;
    header[SETS] = setsFor(rowLength);
    header[SECRET_LOW] = secret.low;
    header[SECRET_HIGH] = secret.high;
  }

  static rowLengthOf(buffer: ArrayBufferLike): number {
    return new Int32Array(buffer, 0, headerWords)[ROW_LENGTH] ?? 0;
  }

  /** `owner` is a positive number, different for each thread. */
  constructor(buffer: ArrayBufferLike, owner: number, viewOf: (row: Float64Array) => View) {
    const sets = new Int32Array(buffer, 0, headerWords)[SETS] ?? 0;
    const before = wordsBefore(sets);
    this.#words = new Int32Array(buffer, 0, before);
    this.#rows = new Float64Array(buffer, before * 4);
    this.#rowLength = KeyedRows.rowLengthOf(buffer);
    this.#sets = sets;
    this.#viewOf = viewOf;
    this.#locks = Array.from(
      { length: sets },
      (_, set) => new SharedLock(this.#words, headerWords + set * setWords + LOCK, owner),
    );
  }

  /**
   * The key of a container that `identity` (bytes) names and no other container has. `container`
   * is whom it counts to, a number of 32 bits that all that one container nests has in common.
   */
  keyOf(identity: string, container: number): RowKey {
    const secret = { low: this.#words[SECRET_LOW] ?? 0, high: this.#words[SECRET_HIGH] ?? 0 };
    const { low, high } = keyedHash(identity, secret);
    return { low: low | 1, high, owner: container };
  }

  /** Runs `section` alone among all threads that use the key's row. Not reentrant. */
  run<Result>(key: Hash, section: () => Result): Result | undefined {
    return this.#locks[this.#setOf(key)]?.run(section);
  }

  /**
   * Changes the key's row, which is all 0 for a container not seen before, wholly
   * or, when `change` throws, not at all. Call it within run().
   */
  change<Result>(key: RowKey, change: (view: View) => Result): Result {
    return this.#changeSlot(this.#slotOf(key), change);
  }

  /** The rows that are in use at this moment. */
  *used(): Generator<UsedRow> {
    for (let slot = 0; slot < this.#sets * ways; slot++) {
      const low = Atomics.load(this.#words, this.#wordOf(slot) + KEY_LOW);
      const high = Atomics.load(this.#words, this.#wordOf(slot) + KEY_HIGH);
      if (low !== 0) yield { slot, key: { low, high } };
    }
  }

  /**
   * As run() and change() for a row that used() gave, but it does not count as a use;
   * `undefined` when the slot has been given to another container.
   */
  changeAt<Result>({ slot, key }: UsedRow, change: (view: View) => Result): Result | undefined {
    return this.run(key, () =>
      this.#isAt(slot, key) ? this.#changeSlot(slot, change) : undefined,
    );
  }

  /** Breaks what locks a thread held when it ended; its unfinished work does not count. */
  recover(owner: number): void {
    for (const lock of this.#locks) if (lock.isHeldBy(owner)) lock.break();
  }

  /** The same for all threads of a server that ended. Nobody else uses the memory meanwhile. */
  recoverAll(): void {
    for (const lock of this.#locks) if (lock.isHeld()) lock.break();
  }

  #changeSlot<Result>(slot: number, change: (view: View) => Result): Result {
    const bankWord = this.#wordOf(slot) + BANK;
    const current = this.#words[bankWord] ?? 0;
    const spare = this.#bankOf(slot, 1 - current);
    spare.row.set(this.#bankOf(slot, current).row);
    const result = change(spare.view);
    Atomics.store(this.#words, bankWord, 1 - current);
    return result;
  }

  #setOf(key: Hash): number {
    return (key.high >>> 0) % this.#sets;
  }

  #wordOf(slot: number): number {
    return headerWords + this.#sets * setWords + slot * slotWords;
  }

  #isAt(slot: number, key: Hash): boolean {
    const word = this.#wordOf(slot);
    return this.#words[word + KEY_LOW] === key.low && this.#words[word + KEY_HIGH] === key.high;
  }

  /** The container's slot in its set, or the one it gets. */
  #slotOf(key: RowKey): number {
    const words = this.#words;
    const set = this.#setOf(key);
    const clockWord = headerWords + set * setWords + CLOCK;
    const now = ((words[clockWord] ?? 0) + 1) | 0;
    words[clockWord] = now;
    for (let slot = set * ways; slot < (set + 1) * ways; slot++) {
      if (!this.#isAt(slot, key)) continue;
      words[this.#wordOf(slot) + LAST_USE] = now;
      return slot;
    }
    const slot = this.#replaceableIn(set, now);
    this.#claim(slot, key);
    words[this.#wordOf(slot) + LAST_USE] = now;
    return slot;
  }

  /** A free slot, else the one that was not used for the longest time, of who has too many if any. */
  #replaceableIn(set: number, now: number): number {
    const slots = Array.from({ length: ways }, (_, way) => set * ways + way);
    const free = slots.find((slot) => this.#words[this.#wordOf(slot) + KEY_LOW] === 0);
    if (free !== undefined) return free;
    const ownerOf = (slot: number) => this.#words[this.#wordOf(slot) + OWNER];
    const ownedWith = (slot: number) => slots.filter((other) => ownerOf(other) === ownerOf(slot));
    const most = slots.map(ownedWith).reduce((a, b) => (b.length > a.length ? b : a));
    const candidates = most.length >= mostOwnWays ? most : slots;
    // Unsigned: the clock may go round.
    const ageOf = (slot: number) => (now - (this.#words[this.#wordOf(slot) + LAST_USE] ?? 0)) >>> 0;
    return candidates.reduce((a, b) => (ageOf(b) > ageOf(a) ? b : a));
  }

  /** Empties a slot for a container. Free in between, so never half one's and half another's. */
  #claim(slot: number, key: RowKey): void {
    const word = this.#wordOf(slot);
    Atomics.store(this.#words, word + KEY_LOW, 0);
    this.#bankOf(slot, this.#words[word + BANK] ?? 0).row.fill(0);
    this.#words[word + OWNER] = key.owner;
    Atomics.store(this.#words, word + KEY_HIGH, key.high);
    Atomics.store(this.#words, word + KEY_LOW, key.low);
  }

  /** Views of memory are dear to make, so each thread keeps those it used. */
  #bankOf(slot: number, bank: number): Bank<View> {
    const index = slot * 2 + bank;
    const known = this.#banks[index];
    if (known !== undefined) return known;
    const row = this.#rows.subarray(index * this.#rowLength, (index + 1) * this.#rowLength);
    const made = { row, view: this.#viewOf(row) };
    this.#banks[index] = made;
    return made;
  }
}
