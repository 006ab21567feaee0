// The entries of open files that were read: a hash table with linear probing in shared memory,
// and how many of them each owner has. Its caller holds the lock.
//
// Changes are made in such an order that a thread that dies at any point leaves every other
// entry whole; rebuild() then mends the rest.

/** Handles remembered at a time; a power of two. */
const capacity = 1 << 15;
/** Above this load, probing gets slow. */
const maxEntries = capacity * 0.75;
/** An owner's share: one in so many. */
export const ownerShare = 16;
/** Owners are counted by their number modulo this. */
const ownerBuckets = 1 << 12;

/** Words of an entry. A low half of 0 marks a free entry. */
const HANDLE_LOW = 0;
const HANDLE_HIGH = 1;
export const OWNER = 2;
/** Where the last read ended, and where it began if it went on with a text; else -1. */
export const NEXT_OFFSET = 3;
export const LAST_OFFSET = 4;
/** In place of where it ended: in a text that native/host-server made. */
export const ELSEWHERE = -2;
export const TEXT_LENGTH = 5;
export const FIRST_PAGE = 6;
export const FIRST_PAGE_OFFSET = 7;
const entryWords = 8;

const ENTRY_COUNT = 0;
/** The handle whose entry is being made, changed or removed. */
const CHANGING_LOW = 1;
const CHANGING_HIGH = 2;
const headerWords = 4;
const ownersBegin = headerWords + capacity * entryWords;

const twoTo32 = 2 ** 32;

/** Whether it can be a handle: below 2^53, and never a multiple of 2^32. */
export function isHandle(handle: number): boolean {
  return handle >>> 0 !== 0;
}

export class HandleTable {
  static readonly wordCount = ownersBegin + ownerBuckets * 2;
  readonly #words: Int32Array;

  /** All zero at first. */
  constructor(words: Int32Array) {
    this.#words = words;
  }

  count(): number {
    return this.#words[ENTRY_COUNT] ?? 0;
  }

  get(at: number, field: number): number {
    return this.#words[at + field] ?? 0;
  }

  set(at: number, field: number, value: number): void {
    this.#words[at + field] = value;
  }

  /** Runs `change`, which makes, changes or removes the handle's entry; a death inside loses it. */
  change(handle: number, change: () => void): void {
    this.#words[CHANGING_HIGH] = Math.floor(handle / twoTo32);
    Atomics.store(this.#words, CHANGING_LOW, handle | 0);
    change();
    Atomics.store(this.#words, CHANGING_LOW, 0);
  }

  find(handle: number): number | undefined {
    for (let slot = homeOf(handle); ; slot = (slot + 1) % capacity) {
      const at = placeOf(slot);
      const found = this.#handleAt(at);
      if (!isHandle(found)) return undefined;
      if (found === handle) return at;
    }
  }

  /** A new entry; `undefined` when the table is full or the owner has its share. */
  claim(handle: number, owner: number): number | undefined {
    if (!isHandle(handle)) return undefined;
    const ownerAt = ownerPlaceOf(owner);
    const isOverShare = this.get(ownerAt, 0) >= capacity / ownerShare;
    if (this.count() >= maxEntries || isOverShare) return undefined;
    let slot = homeOf(handle);
    while (this.get(placeOf(slot), HANDLE_LOW) !== 0) slot = (slot + 1) % capacity;
    const at = placeOf(slot);
    this.set(at, OWNER, owner);
    this.set(at, FIRST_PAGE, 0);
    this.set(at, HANDLE_HIGH, Math.floor(handle / twoTo32));
    Atomics.store(this.#words, at + HANDLE_LOW, handle | 0);
    this.#words[ENTRY_COUNT] = this.count() + 1;
    this.set(ownerAt, 0, this.get(ownerAt, 0) + 1);
    return at;
  }

  /** The owner's pages, which its entries may change. */
  pagesOf(owner: number): number {
    return this.get(ownerPlaceOf(owner), 1);
  }

  addPages(owner: number, pages: number): void {
    const ownerAt = ownerPlaceOf(owner);
    this.set(ownerAt, 1, this.get(ownerAt, 1) + pages);
  }

  /** Removes an entry and moves the ones behind it up, so that no probe meets a hole. */
  remove(at: number): void {
    const ownerAt = ownerPlaceOf(this.get(at, OWNER));
    this.set(ownerAt, 0, this.get(ownerAt, 0) - 1);
    this.#words[ENTRY_COUNT] = this.count() - 1;
    Atomics.store(this.#words, at + HANDLE_LOW, 0);
    let hole = slotOf(at);
    for (let slot = (hole + 1) % capacity; ; slot = (slot + 1) % capacity) {
      const from = placeOf(slot);
      const handle = this.#handleAt(from);
      if (!isHandle(handle)) break;
      const distance = (slot - homeOf(handle) + capacity) % capacity;
      if (distance < (slot - hole + capacity) % capacity) continue;
      this.#copy(from, placeOf(hole));
      Atomics.store(this.#words, from + HANDLE_LOW, 0);
      hole = slot;
    }
  }

  /**
   * After a thread died inside: enters anew every entry that is whole and that `isSound`, and
   * counts owners anew. Their pages are for the caller to count.
   */
  rebuild(isSound: (at: number) => boolean): void {
    const changing = this.#changing();
    const entries = new Map<number, Int32Array>();
    for (let slot = 0; slot < capacity; slot++) {
      const at = placeOf(slot);
      const handle = this.#handleAt(at);
      if (!isHandle(handle) || handle === changing || entries.has(handle)) continue;
      if (isSound(at)) entries.set(handle, this.#words.slice(at, at + entryWords));
    }
    this.#words.fill(0);
    for (const [handle, words] of entries) {
      const at = this.claim(handle, words[OWNER] ?? 0);
      if (at !== undefined) this.#words.set(words.subarray(OWNER), at + OWNER);
    }
  }

  /** Entries in use. */
  *entries(): Generator<number> {
    for (let slot = 0; slot < capacity; slot++) {
      if (isHandle(this.#handleAt(placeOf(slot)))) yield placeOf(slot);
    }
  }

  #changing(): number {
    const low = (this.#words[CHANGING_LOW] ?? 0) >>> 0;
    return ((this.#words[CHANGING_HIGH] ?? 0) >>> 0) * twoTo32 + low;
  }

  #handleAt(at: number): number {
    return (this.get(at, HANDLE_HIGH) >>> 0) * twoTo32 + (this.get(at, HANDLE_LOW) >>> 0);
  }

  /** The handle last: half an entry counts as none. */
  #copy(from: number, to: number): void {
    this.#words.copyWithin(to + HANDLE_HIGH, from + HANDLE_HIGH, from + entryWords);
    Atomics.store(this.#words, to + HANDLE_LOW, this.get(from, HANDLE_LOW));
  }
}

/** Where probing for a handle begins (Fibonacci hashing). */
function homeOf(handle: number): number {
  return Math.imul(handle, 0x9e3779b1) >>> 17;
}

function placeOf(slot: number): number {
  return headerWords + slot * entryWords;
}

function slotOf(at: number): number {
  return (at - headerWords) / entryWords;
}

/** The owner's counts: entries, then pages. */
function ownerPlaceOf(owner: number): number {
  return ownersBegin + ((owner >>> 0) % ownerBuckets) * 2;
}
