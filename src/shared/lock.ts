// A lock in memory that worker threads share.
//
// It names its owner, so that the main thread can break the lock of a worker that died inside
// (an out-of-memory heap ends a thread at any instruction), and a server those of its
// predecessor. The memory may be a mapping that outlives the process, on which Atomics.wait()
// does not work: who waits looks again after a while.

const FREE = 0;
/** Critical sections take a microsecond; sleeping at once would cost more. */
const spins = 200;
const sleepMsec = 0.1;
const nobodyRings = new Int32Array(new SharedArrayBuffer(4));

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

  /** Whether anybody holds it: in a new server, a thread of its predecessor. */
  isHeld(): boolean {
    return Atomics.load(this.#words, this.#index) !== FREE;
  }

  /** Ends a dead thread's hold on the lock. Call after putting right what it guards. */
  break(): void {
    this.#release();
  }

  #acquire(): void {
    for (let attempt = 0; ; attempt++) {
      const holder = Atomics.compareExchange(this.#words, this.#index, FREE, this.#owner);
      if (holder === FREE) return;
      if (attempt > spins) Atomics.wait(nobodyRings, 0, 0, sleepMsec);
    }
  }

  #release(): void {
    Atomics.store(this.#words, this.#index, FREE);
  }
}
