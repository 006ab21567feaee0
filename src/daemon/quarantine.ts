// Containers whose requests keep killing: all that they read is the host's, until somebody says
// otherwise.
//
// What counts are not deaths at which requests of a container were at hand: whoever kills servers
// from outside (a person, the kernel when memory is short) finds some of a busy container at hand
// each time. But the same one is at hand again only if it is what kills.
//
// In shared memory that outlives the server. Written by main threads, read by serving ones.

const rowCount = 64;
/** So many of a container's requests, none longer than this after the one before. */
const charges = 3;
const quietUsec = 3600e6;

/** 64-bit floats before the rows: how many containers are in quarantine. */
const COUNT = 0;
const headerNumbers = 1;
/** Of a row: inode of a pid namespace, then the times of the last charges, oldest first. */
const INODE = 0;
const OLDEST_USEC = 1;
const LATEST_USEC = charges;
const rowNumbers = 1 + charges;

export interface QuarantinedContainer {
  readonly pidnsInode: number;
  /** Of the last request that was found to kill, since boot. */
  readonly lastUsec: number;
}

export class Quarantine {
  readonly #numbers: Float64Array;

  static readonly byteLength = (headerNumbers + rowCount * rowNumbers) * 8;

  constructor(memory: ArrayBufferLike, at: number) {
    this.#numbers = new Float64Array(memory, at, headerNumbers + rowCount * rowNumbers);
  }

  /**
   * One more request of a pid namespace has turned out to kill, so long after boot.
   * @returns whether that puts it into quarantine.
   */
  charge(pidnsInode: number, nowUsec: number): boolean {
    const numbers = this.#numbers;
    const at = this.#rowFor(pidnsInode);
    const wasFull = this.#isFull(at);
    const isOther = this.#number(at, INODE) !== pidnsInode;
    const isLate = nowUsec - this.#number(at, LATEST_USEC) > quietUsec;
    if (isOther || (isLate && !this.#isFull(at))) numbers.fill(0, at, at + rowNumbers);
    numbers.copyWithin(at + OLDEST_USEC, at + OLDEST_USEC + 1, at + rowNumbers);
    numbers[at + LATEST_USEC] = nowUsec;
    numbers[at + INODE] = pidnsInode;
    numbers[COUNT] = this.#fullRows().length;
    return !wasFull && this.#isFull(at);
  }

  /**
   * Whether a container is in quarantine whose init started that long after boot: the kernel gives
   * the inode of a pid namespace that has ended to the next one, which has to answer for nothing
   * that was before it.
   */
  has(pidnsInode: number | undefined, initStartedUsec = 0): boolean {
    if (this.#numbers[COUNT] === 0) return false;
    const at = this.#rows().find((row) => this.#number(row, INODE) === pidnsInode);
    return at !== undefined && this.#isFull(at) && this.#number(at, OLDEST_USEC) >= initStartedUsec;
  }

  list(): QuarantinedContainer[] {
    return this.#fullRows().map((at) => ({
      pidnsInode: this.#number(at, INODE),
      lastUsec: this.#number(at, LATEST_USEC),
    }));
  }

  /** All containers get their own files again. */
  release(): void {
    this.#numbers.fill(0);
  }

  /** Its own, or that of whoever was charged longest ago; those in quarantine stay while they can. */
  #rowFor(pidnsInode: number): number {
    const rows = this.#rows();
    const own = rows.find((at) => this.#number(at, INODE) === pidnsInode);
    if (own !== undefined) return own;
    const others = rows.filter((at) => !this.#isFull(at));
    return (others.length > 0 ? others : rows).reduce((oldest, at) =>
      this.#number(at, LATEST_USEC) < this.#number(oldest, LATEST_USEC) ? at : oldest,
    );
  }

  #isFull(at: number): boolean {
    return this.#number(at, OLDEST_USEC) !== 0;
  }

  #fullRows(): number[] {
    return this.#rows().filter((at) => this.#isFull(at));
  }

  #rows(): number[] {
    return Array.from({ length: rowCount }, (_, row) => headerNumbers + row * rowNumbers);
  }

  #number(at: number, field: number): number {
    return this.#numbers[at + field] ?? 0;
  }
}
