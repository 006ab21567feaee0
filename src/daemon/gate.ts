// Where serving threads wait, all made ready, until the connection is theirs. Whose requests their
// predecessors left unanswered is written there too.

import { slotCount } from './journal.ts';

const STATE = 0;
const LEFT = 1;
/** Then so many slots of the journal. */
const headerWords = 2;

/** States. */
const WAIT = 0;
const OPEN = 1;
const CLOSED = 2;

export class Gate {
  readonly memory: SharedArrayBuffer;
  readonly #words: Int32Array;

  static allocate(): SharedArrayBuffer {
    return new SharedArrayBuffer((headerWords + slotCount) * 4);
  }

  constructor(memory: SharedArrayBuffer) {
    this.memory = memory;
    this.#words = new Int32Array(memory);
  }

  /**
   * Lets the threads go, and those that come later; whichever serves as the first answers the
   * requests in the slots `left`, which are none of theirs.
   */
  open(left: readonly number[]): void {
    this.#words.set(left, headerWords);
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

  /** The slots that were left, each for one thread. */
  *left(): Generator<number> {
    for (;;) {
      const index = Atomics.sub(this.#words, LEFT, 1) - 1;
      if (index < 0) return;
      yield this.#words[headerWords + index] ?? 0;
    }
  }
}
