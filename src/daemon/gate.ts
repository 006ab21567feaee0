// Where serving threads wait, all made ready, until the connection is theirs. What their
// predecessors left unanswered lies there too.

const STATE = 0;
const LEFT = 1;
const headerBytes = 8;

/** States. */
const WAIT = 0;
const OPEN = 1;
const CLOSED = 2;
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
    this.#set(OPEN);
  }

  /** Sends the threads home: the connection will not be theirs. */
  close(): void {
    this.#set(CLOSED);
  }

  /** Blocks the thread; whether the gate was opened then. */
  wait(): boolean {
    Atomics.wait(this.#words, STATE, WAIT);
    return Atomics.load(this.#words, STATE) === OPEN;
  }

  #set(state: number): void {
    Atomics.store(this.#words, STATE, state);
    Atomics.notify(this.#words, STATE);
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
