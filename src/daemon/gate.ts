// Where serving threads wait, all made ready, until the connection is theirs. What their
// predecessors left unanswered lies there too.

const OPEN = 0;
const LEFT = 1;
const headerBytes = 8;
const requestBytes = 8192;

export class Gate {
  readonly memory: SharedArrayBuffer;
  readonly #words: Int32Array;

  /** For at most so many requests that were left. */
  static allocate(mostLeft: number): SharedArrayBuffer {
    return new SharedArrayBuffer(headerBytes + mostLeft * requestBytes);
  }

  constructor(memory: SharedArrayBuffer) {
    this.memory = memory;
    this.#words = new Int32Array(memory, 0, headerBytes / 4);
  }

  /** Lets the threads go; whichever serves as the first answers the requests that are `left`. */
  open(left: readonly Uint8Array[]): void {
    left.forEach((request, index) => {
      new Uint8Array(this.memory, headerBytes + index * requestBytes, requestBytes).set(request);
    });
    Atomics.store(this.#words, LEFT, left.length);
    Atomics.store(this.#words, OPEN, 1);
    Atomics.notify(this.#words, OPEN);
  }

  /** Blocks the thread. */
  wait(): void {
    Atomics.wait(this.#words, OPEN, 0);
  }

  /** The requests that were left, each for one thread. */
  *left(): Generator<Buffer> {
    for (;;) {
      const index = Atomics.sub(this.#words, LEFT, 1) - 1;
      if (index < 0) return;
      yield Buffer.from(this.memory, headerBytes + index * requestBytes, requestBytes);
    }
  }
}
