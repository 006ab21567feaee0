// Fixed-size pages in shared memory for texts that are not yet read to their
// end. A text is a chain of pages. Its caller holds the lock.

const pageBytes = 4096;

/** Words before the links: pages in use, head of the free list, pages ever used. */
const USED = 0;
const FREE_HEAD = 1;
const EVER_USED = 2;
const headerWords = 3;

/** Page numbers begin at 1; 0 ends a chain. */
export class PagePool {
  readonly #words: Int32Array;
  readonly #bytes: Uint8Array;
  readonly #pageCount: number;

  static wordCount(pageCount: number): number {
    return headerWords + pageCount + 1;
  }

  static byteCount(pageCount: number): number {
    return pageCount * pageBytes;
  }

  static pagesFor(length: number): number {
    return Math.ceil(length / pageBytes);
  }

  /** Both all zero at first. */
  constructor(words: Int32Array, bytes: Uint8Array) {
    this.#words = words;
    this.#bytes = bytes;
    this.#pageCount = Math.floor(bytes.length / pageBytes);
  }

  usedCount(): number {
    return this.#words[USED] ?? 0;
  }

  /** Stores a latin1 text; its first page, or 0 when there is no room for all of it. */
  store(text: string): number {
    if (this.usedCount() + PagePool.pagesFor(text.length) > this.#pageCount) return 0;
    let first = 0;
    let last = 0;
    for (let offset = 0; offset < text.length; offset += pageBytes) {
      const page = this.#take();
      const target = Buffer.from(this.#bytes.buffer, this.#byteOffset(page), pageBytes);
      target.write(text.slice(offset, offset + pageBytes), 'latin1');
      if (last === 0) first = page;
      else this.#words[headerWords + last] = page;
      last = page;
    }
    return first;
  }

  /** Fills `target` from `offset` of the text that begins at page `first`. */
  read(first: number, offset: number, target: Uint8Array): void {
    let page = first;
    let skip = offset;
    for (; skip >= pageBytes; skip -= pageBytes) page = this.#next(page);
    for (let done = 0; done < target.length; page = this.#next(page)) {
      const begin = (page - 1) * pageBytes + skip;
      const count = Math.min(target.length - done, pageBytes - skip);
      target.set(this.#bytes.subarray(begin, begin + count), done);
      done += count;
      skip = 0;
    }
  }

  /** Gives a chain back; how many pages it had. */
  free(first: number): number {
    let count = 1;
    let last = first;
    for (let next = this.#next(last); next !== 0; next = this.#next(last)) {
      last = next;
      count++;
    }
    this.#words[headerWords + last] = this.#words[FREE_HEAD] ?? 0;
    this.#words[FREE_HEAD] = first;
    this.#words[USED] = this.usedCount() - count;
    return count;
  }

  /** The pages of a text that has so many; `undefined` when they are no chain of that length. */
  chainOf(first: number, count: number): number[] | undefined {
    const chain: number[] = [];
    for (let page = first; page !== 0; page = this.#next(page)) {
      if (page < 0 || page > this.#pageCount || chain.length === count) return undefined;
      chain.push(page);
    }
    return chain.length === count ? chain : undefined;
  }

  /** After a thread died while it changed the pool: all pages but these are free. */
  rebuild(used: ReadonlySet<number>): void {
    const everUsed = Math.min(Math.max(this.#words[EVER_USED] ?? 0, ...used, 0), this.#pageCount);
    this.#words[EVER_USED] = everUsed;
    this.#words[USED] = used.size;
    this.#words[FREE_HEAD] = 0;
    for (let page = everUsed; page > 0; page--) {
      if (used.has(page)) continue;
      this.#words[headerWords + page] = this.#words[FREE_HEAD] ?? 0;
      this.#words[FREE_HEAD] = page;
    }
  }

  #byteOffset(page: number): number {
    return this.#bytes.byteOffset + (page - 1) * pageBytes;
  }

  #next(page: number): number {
    return this.#words[headerWords + page] ?? 0;
  }

  #take(): number {
    const free = this.#words[FREE_HEAD] ?? 0;
    const page = free === 0 ? (this.#words[EVER_USED] ?? 0) + 1 : free;
    if (free === 0) this.#words[EVER_USED] = page;
    else this.#words[FREE_HEAD] = this.#next(free);
    this.#words[headerWords + page] = 0;
    this.#words[USED] = this.usedCount() + 1;
    return page;
  }
}
