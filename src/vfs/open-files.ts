// What is remembered of open files: where each one's last read ended, and the
// rest of its text. Any worker may get the next read of a handle, so all of it
// lies in memory that the workers share.
//
// A handle takes no room until it is read, and a text takes none when one read
// got all of it. What a container can occupy is bounded: past its share, its
// own handles are no longer remembered, and their next read gets a fresh text.

import { SharedLock } from '../shared/lock.ts';
import { PagePool } from './page-pool.ts';

/** Handles remembered at a time; a power of two. */
const capacity = 1 << 15;
/** Above this load, probing gets slow. */
const maxEntries = capacity * 0.75;
const pageCount = 1 << 13;
/** An owner's share of handles and of pages: one in so many. */
const ownerShare = 16;
/** Owners are counted by their number modulo this. */
const ownerBuckets = 1 << 12;

/** Words of an entry. A low half of 0 marks a free entry. */
const HANDLE_LOW = 0;
const HANDLE_HIGH = 1;
const OWNER = 2;
const NEXT_OFFSET = 3;
const TEXT_LENGTH = 4;
const FIRST_PAGE = 5;
const FIRST_PAGE_OFFSET = 6;
const entryWords = 7;

/** Words before the entries; the last handle is one 64-bit word. */
const LOCK = 0;
const ENTRY_COUNT = 1;
const LAST_HANDLE = 2;
const headerWords = 4;

const twoTo32 = 2 ** 32;
const largestInt32 = 2 ** 31 - 1;

const entriesBegin = headerWords;
const ownersBegin = entriesBegin + capacity * entryWords;
const poolBegin = ownersBegin + ownerBuckets * 2;
const wordCount = poolBegin + PagePool.wordCount(pageCount);

/** The end of a read: where the handle's next one goes on, in which text. */
export interface ReadEnd {
  readonly handle: number;
  readonly owner: number;
  readonly text: string;
  readonly nextOffset: number;
}

export class OpenFiles {
  readonly #words: Int32Array;
  readonly #lastHandle: BigUint64Array;
  readonly #pool: PagePool;
  readonly #lock: SharedLock;

  static allocate(): SharedArrayBuffer {
    return new SharedArrayBuffer(wordCount * 4 + PagePool.byteCount(pageCount));
  }

  /** `thread` is the number of this thread, positive and unique. */
  constructor(memory: SharedArrayBuffer, thread: number) {
    this.#words = new Int32Array(memory, 0, wordCount);
    this.#lastHandle = new BigUint64Array(memory, LAST_HANDLE * 4, 1);
    const poolWords = this.#words.subarray(poolBegin);
    this.#pool = new PagePool(poolWords, new Uint8Array(memory, wordCount * 4));
    this.#lock = new SharedLock(this.#words, LOCK, thread);
  }

  /**
   * A handle that no open file ever had, or a reader could get at the rest of another one's
   * text. Below 2^53 and never a multiple of 2^32.
   */
  nextHandle(): number {
    const handle = Number(Atomics.add(this.#lastHandle, 0, 1n) + 1n);
    return isHandle(handle) ? handle : this.nextHandle();
  }

  /**
   * Continues the handle's text at `offset` into `target`.
   *
   * @returns bytes copied, 0 at the end of the text; `undefined` when the last
   * read did not end there, so that a fresh text is due.
   */
  readOn(handle: number, offset: number, target: Uint8Array): number | undefined {
    return this.#lock.run(() => {
      const at = this.#find(handle);
      if (at === undefined || this.#word(at, NEXT_OFFSET) !== offset) return undefined;
      const count = Math.min(target.length, this.#word(at, TEXT_LENGTH) - offset);
      if (count <= 0) return 0;
      this.#pool.read(
        this.#word(at, FIRST_PAGE),
        offset - this.#word(at, FIRST_PAGE_OFFSET),
        target.subarray(0, count),
      );
      this.#words[at + NEXT_OFFSET] = offset + count;
      if (offset + count === this.#word(at, TEXT_LENGTH)) this.#freePages(at);
      return count;
    });
  }

  /** Remembers the end of a read that got a fresh text, and what is left of the text. */
  begin(end: ReadEnd): void {
    this.#lock.run(() => {
      const at = this.#find(end.handle) ?? this.#claim(end);
      if (at === undefined) return;
      this.#freePages(at);
      // A text is never so long: the next read there finds its end either way.
      const nextOffset = Math.min(end.nextOffset, largestInt32);
      this.#words[at + NEXT_OFFSET] = nextOffset;
      this.#words[at + TEXT_LENGTH] = Math.max(end.text.length, nextOffset);
      if (end.nextOffset < end.text.length && !this.#keepRest(at, end)) this.#remove(at);
    });
  }

  release(handle: number): void {
    this.#lock.run(() => {
      const at = this.#find(handle);
      if (at !== undefined) this.#remove(at);
    });
  }

  /**
   * Forgets everything, when `thread` ended while it was changing it: every
   * handle's next read gets a fresh text.
   */
  recover(thread: number): void {
    if (!this.#lock.isHeldBy(thread)) return;
    this.#words[ENTRY_COUNT] = 0;
    this.#words.fill(0, entriesBegin);
    this.#lock.break();
  }

  /**
   * Handles remembered and pages in use. Without the lock: a main thread that waited for a dead
   * worker's lock would never learn of the death, and never break it.
   */
  usage(): { entries: number; pages: number } {
    return { entries: this.#words[ENTRY_COUNT] ?? 0, pages: this.#pool.usedCount() };
  }

  #word(at: number, field: number): number {
    return this.#words[at + field] ?? 0;
  }

  /** Where probing for a handle begins (Fibonacci hashing). */
  #home(handle: number): number {
    return Math.imul(handle, 0x9e3779b1) >>> 17;
  }

  #find(handle: number): number | undefined {
    for (let slot = this.#home(handle); ; slot = (slot + 1) % capacity) {
      const at = entriesBegin + slot * entryWords;
      const found = this.#handleAt(at);
      if (!isHandle(found)) return undefined;
      if (found === handle) return at;
    }
  }

  #handleAt(at: number): number {
    return (this.#word(at, HANDLE_HIGH) >>> 0) * twoTo32 + (this.#word(at, HANDLE_LOW) >>> 0);
  }

  /** A new entry; `undefined` when the table is full or the owner has its share. */
  #claim({ handle, owner }: ReadEnd): number | undefined {
    if (!isHandle(handle)) return undefined;
    const count = this.#words[ENTRY_COUNT] ?? 0;
    const ownerAt = this.#ownerAt(owner);
    if (count >= maxEntries || this.#word(ownerAt, 0) >= capacity / ownerShare) return undefined;
    let slot = this.#home(handle);
    while (this.#word(entriesBegin + slot * entryWords, HANDLE_LOW) !== 0)
      slot = (slot + 1) % capacity;
    const at = entriesBegin + slot * entryWords;
    this.#words[at + HANDLE_LOW] = handle;
    this.#words[at + HANDLE_HIGH] = Math.floor(handle / twoTo32);
    this.#words[at + OWNER] = owner;
    this.#words[at + FIRST_PAGE] = 0;
    this.#words[ENTRY_COUNT] = count + 1;
    this.#words[ownerAt] = this.#word(ownerAt, 0) + 1;
    return at;
  }

  /** The owner's counts: entries, then pages. */
  #ownerAt(owner: number): number {
    return ownersBegin + ((owner >>> 0) % ownerBuckets) * 2;
  }

  /** The pages are the entry's owner's, who read first: a handle may be passed on. */
  #keepRest(at: number, { text, nextOffset }: ReadEnd): boolean {
    const rest = text.slice(nextOffset);
    const pages = PagePool.pagesFor(rest.length);
    const ownerAt = this.#ownerAt(this.#word(at, OWNER));
    if (this.#word(ownerAt, 1) + pages > pageCount / ownerShare) return false;
    const firstPage = this.#pool.store(rest);
    if (firstPage === 0) return false;
    this.#words[at + FIRST_PAGE] = firstPage;
    this.#words[at + FIRST_PAGE_OFFSET] = nextOffset;
    this.#words[ownerAt + 1] = this.#word(ownerAt, 1) + pages;
    return true;
  }

  #freePages(at: number): void {
    const firstPage = this.#word(at, FIRST_PAGE);
    if (firstPage === 0) return;
    const pages = this.#pool.free(firstPage);
    const ownerAt = this.#ownerAt(this.#word(at, OWNER));
    this.#words[ownerAt + 1] = this.#word(ownerAt, 1) - pages;
    this.#words[at + FIRST_PAGE] = 0;
  }

  /** Removes an entry and moves the ones behind it up, so that no probe meets a hole. */
  #remove(at: number): void {
    this.#freePages(at);
    const ownerAt = this.#ownerAt(this.#word(at, OWNER));
    this.#words[ownerAt] = this.#word(ownerAt, 0) - 1;
    this.#words[ENTRY_COUNT] = (this.#words[ENTRY_COUNT] ?? 1) - 1;
    let hole = (at - entriesBegin) / entryWords;
    for (let slot = (hole + 1) % capacity; ; slot = (slot + 1) % capacity) {
      const from = entriesBegin + slot * entryWords;
      const handle = this.#handleAt(from);
      if (!isHandle(handle)) break;
      const distance = (slot - this.#home(handle) + capacity) % capacity;
      if (distance < (slot - hole + capacity) % capacity) continue;
      this.#words.copyWithin(entriesBegin + hole * entryWords, from, from + entryWords);
      hole = slot;
    }
    this.#words[entriesBegin + hole * entryWords + HANDLE_LOW] = 0;
  }
}

function isHandle(handle: number): boolean {
  return handle >>> 0 !== 0;
}
