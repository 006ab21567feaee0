// A lock in memory that worker threads share.
//
// It names its owner, so that the main thread can break the lock of a worker
// that died inside (an out-of-memory heap ends a thread at any instruction).
// Atomics.wait() needs no event loop, so blocked workers may use it.

const FREE = 0;
/** Critical sections take a microsecond; sleeping at once would cost more. */
const spins = 200;
const sleepMsec = 1;

export class SharedLock {
  readonly #words: Int32Array;
  readonly #index: number;
  readonly #owner: number;

  /** `owner` is a positive number, different for each thread. */
  constructor(words: Int32Array, index: number, owner: number) {
    this.#words = words;
    this.#index = index;
    this.#owner = owner;
  }

  /** Runs `section` alone among all threads. Not reentrant. */
  run<Result>(section: () => Result): Result {
    this.#acquire();
    try {
      return section();
    } finally {
      this.#release();
    }
  }

  /** Whether `owner`, a thread that has ended, still holds the lock. */
  isHeldBy(owner: number): boolean {
    return Atomics.load(this.#words, this.#index) === owner;
  }

  /** Ends a dead thread's hold on the lock. Call after putting right what it guards. */
  break(): void {
    this.#release();
  }

  #acquire(): void {
    for (let attempt = 0; ; attempt++) {
      const holder = Atomics.compareExchange(this.#words, this.#index, FREE, this.#owner);
      if (holder === FREE) return;
      if (attempt > spins) Atomics.wait(this.#words, this.#index, holder, sleepMsec);
    }
  }

  #release(): void {
    Atomics.store(this.#words, this.#index, FREE);
    Atomics.notify(this.#words, this.#index, 1);
  }
}
