// What is remembered of open files: where each one's last read ended, and the
// rest of its text. Any worker may get the next read of a handle, so all of it
// lies in memory that the workers share, and that outlives the server.
//
// A handle takes no room until it is read, and a text takes none when one read
// got all of it. What a container can occupy is bounded: past its share, its
// own handles are no longer remembered, and their next read gets a fresh text.

import { SharedLock } from '../shared/lock.ts';
import {
  ELSEWHERE,
  FIRST_PAGE,
  FIRST_PAGE_OFFSET,
  HandleTable,
  isHandle,
  LAST_OFFSET,
  NEXT_OFFSET,
  OWNER,
  ownerShare,
  TEXT_LENGTH,
} from './handle-table.ts';
import { PagePool } from './page-pool.ts';

const pageCount = 1 << 13;

/** Words before the table. The handles are 64-bit words: the last one, and the one before the first. */
const LOCK = 0;
const LAST_HANDLE = 2;
const headerWords = 6;
/** Each memory's handles begin at a multiple of this, which its epoch, below 2^19, chooses. */
const epochSize = 2 ** 31;

const poolBegin = headerWords + HandleTable.wordCount;
const wordCount = poolBegin + PagePool.wordCount(pageCount);
const largestInt32 = 2 ** 31 - 1;

/** The end of a read: where the handle's next one goes on, in which text. */
export interface ReadEnd {
  readonly handle: number;
  readonly owner: number;
  readonly text: string;
  readonly nextOffset: number;
}

/** A read that may go on where the handle's last one ended. */
export interface ReadOn {
  readonly handle: number;
  readonly offset: number;
  /** Whether its answer may have got lost with an earlier server. */
  readonly isAskedAgain: boolean;
}

export class OpenFiles {
  static readonly byteLength = wordCount * 4 + PagePool.byteCount(pageCount);
  readonly #handles: BigUint64Array;
  readonly #table: HandleTable;
  readonly #pool: PagePool;
  readonly #lock: SharedLock;

  static allocate(epoch = 0): SharedArrayBuffer {
    const memory = new SharedArrayBuffer(OpenFiles.byteLength);
    OpenFiles.format(memory, epoch);
    return memory;
  }

  /**
   * Makes memory of that length, all zero, ready for use. `epoch` is random, below 2^19: then
   * handles of an earlier memory are hardly ever taken for this one's.
   */
  static format(memory: ArrayBufferLike, epoch: number): void {
    new BigUint64Array(memory, LAST_HANDLE * 4, 2).fill(BigInt(epoch * epochSize));
  }

  /** `thread` is the number of this thread, positive and unique. */
  constructor(memory: ArrayBufferLike, thread: number) {
    const words = new Int32Array(memory, 0, wordCount);
    this.#handles = new BigUint64Array(memory, LAST_HANDLE * 4, 2);
    this.#table = new HandleTable(words.subarray(headerWords, poolBegin));
    this.#pool = new PagePool(words.subarray(poolBegin), new Uint8Array(memory, wordCount * 4));
    this.#lock = new SharedLock(words, LOCK, thread);
  }

  /**
   * A handle that no open file ever had, or a reader could get at the rest of another one's
   * text. Below 2^51 and never a multiple of 2^32.
   */
  nextHandle(): number {
    const handle = Number(Atomics.add(this.#handles, 0, 1n) + 1n);
    return isHandle(handle) ? handle : this.nextHandle();
  }

  /**
   * Whether nextHandle() gave it, and all that was read of it is known here: not so when another
   * server gave it, whose memory is lost, or when host-server was in the middle of a text of it.
   */
  hasGiven(handle: number): boolean {
    const [last = 0n, beforeFirst = 0n] = this.#handles;
    return handle > beforeFirst && handle <= last && !this.#isElsewhere(handle);
  }

  /**
   * Continues the handle's text at `offset` into `target`.
   *
   * @returns bytes copied, 0 at the end of the text; `undefined` when the last
   * read did not end there, so that a fresh text is due.
   */
  readOn({ handle, offset, isAskedAgain }: ReadOn, target: Uint8Array): number | undefined {
    return this.#lock.run(() => {
      const table = this.#table;
      const at = table.find(handle);
      if (at === undefined) return undefined;
      const isNext = table.get(at, NEXT_OFFSET) === offset;
      const isLast = isAskedAgain && table.get(at, LAST_OFFSET) === offset;
      if (!isNext && !isLast) return undefined;
      const count = Math.min(target.length, table.get(at, TEXT_LENGTH) - offset);
      if (count <= 0) return 0;
      const skip = offset - table.get(at, FIRST_PAGE_OFFSET);
      this.#pool.read(table.get(at, FIRST_PAGE), skip, target.subarray(0, count));
      table.set(at, LAST_OFFSET, offset);
      table.set(at, NEXT_OFFSET, offset + count);
      return count;
    });
  }

  /** Remembers the end of a read that got a fresh text, and what is left of the text. */
  begin(end: ReadEnd): void {
    this.#lock.run(() => this.#table.change(end.handle, () => this.#remember(end)));
  }

  /** The same if `isWanted`, with nobody else at any open file until then. */
  beginIf(end: ReadEnd, isWanted: () => boolean): void {
    this.#lock.run(() => {
      if (isWanted()) this.#table.change(end.handle, () => this.#remember(end));
    });
  }

  release(handle: number): void {
    this.#lock.run(() => {
      const at = this.#table.find(handle);
      if (at !== undefined) this.#table.change(handle, () => this.#remove(at));
    });
  }

  /** Puts right what `thread` left half-done when it ended. */
  recover(thread: number): void {
    if (this.#lock.isHeldBy(thread)) this.recoverAll();
  }

  /** The same for whichever thread of a server that ended. Nobody else uses the memory meanwhile. */
  recoverAll(): void {
    if (!this.#lock.isHeld()) return;
    const table = this.#table;
    const pages = new Set<number>();
    // Whoever dies in here has lost entries: then no handle so far counts as given, and no text
    // is taken for the rest of another one.
    const [last = 0n, beforeFirst = 0n] = this.#handles;
    this.#handles[1] = last;
    table.rebuild((at) => {
      const first = table.get(at, FIRST_PAGE);
      if (first === 0) return true;
      const length = table.get(at, TEXT_LENGTH) - table.get(at, FIRST_PAGE_OFFSET);
      const chain = this.#pool.chainOf(first, PagePool.pagesFor(length));
      if (chain === undefined || chain.some((page) => pages.has(page))) return false;
      for (const page of chain) pages.add(page);
      return true;
    });
    for (const at of table.entries()) {
      const length = table.get(at, TEXT_LENGTH) - table.get(at, FIRST_PAGE_OFFSET);
      const isKept = table.get(at, FIRST_PAGE) !== 0;
      if (isKept) table.addPages(table.get(at, OWNER), PagePool.pagesFor(length));
    }
    this.#pool.rebuild(pages);
    this.#handles[1] = beforeFirst;
    this.#lock.break();
  }

  /**
   * Handles remembered and pages in use. Without the lock: a main thread that waited for a dead
   * worker's lock would never learn of the death, and never break it.
   */
  usage(): { entries: number; pages: number } {
    return { entries: this.#table.count(), pages: this.#pool.usedCount() };
  }

  #isElsewhere(handle: number): boolean {
    return this.#lock.run(() => {
      const at = this.#table.find(handle);
      return at !== undefined && this.#table.get(at, NEXT_OFFSET) === ELSEWHERE;
    });
  }

  #remember(end: ReadEnd): void {
    const table = this.#table;
    const at = table.find(end.handle) ?? table.claim(end.handle, end.owner);
    if (at === undefined) return;
    this.#freePages(at);
    // A text is never so long: the next read there finds its end either way.
    const nextOffset = Math.min(end.nextOffset, largestInt32);
    table.set(at, LAST_OFFSET, -1);
    table.set(at, NEXT_OFFSET, nextOffset);
    table.set(at, TEXT_LENGTH, Math.max(end.text.length, nextOffset));
    if (end.nextOffset < end.text.length && !this.#keepRest(at, end)) this.#remove(at);
  }

  /** The pages are the entry's owner's, who read first: a handle may be passed on. */
  #keepRest(at: number, { text, nextOffset }: ReadEnd): boolean {
    const rest = text.slice(nextOffset);
    const pages = PagePool.pagesFor(rest.length);
    const owner = this.#table.get(at, OWNER);
    if (this.#table.pagesOf(owner) + pages > pageCount / ownerShare) return false;
    const firstPage = this.#pool.store(rest);
    if (firstPage === 0) return false;
    this.#table.set(at, FIRST_PAGE_OFFSET, nextOffset);
    this.#table.set(at, FIRST_PAGE, firstPage);
    this.#table.addPages(owner, pages);
    return true;
  }

  #freePages(at: number): void {
    const firstPage = this.#table.get(at, FIRST_PAGE);
    if (firstPage === 0) return;
    this.#table.set(at, FIRST_PAGE, 0);
    this.#table.addPages(this.#table.get(at, OWNER), -this.#pool.free(firstPage));
  }

  #remove(at: number): void {
    this.#freePages(at);
    this.#table.remove(at);
  }
}
