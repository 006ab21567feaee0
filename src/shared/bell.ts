// A bell in memory that threads share: one thread sleeps until another rings it, or until
// a time has passed. It needs no event loop.

const RINGS = 0;
const ENDED = 1;

export class Bell {
  readonly #words: Int32Array;
  #heard = 0;

  static allocate(): SharedArrayBuffer {
    return new SharedArrayBuffer(8);
  }

  constructor(buffer: SharedArrayBuffer) {
    this.#words = new Int32Array(buffer);
  }

  ring(): void {
    Atomics.add(this.#words, RINGS, 1);
    Atomics.notify(this.#words, RINGS);
  }

  /** Rings for the last time. */
  end(): void {
    Atomics.store(this.#words, ENDED, 1);
    Atomics.notify(this.#words, ENDED);
    this.ring();
  }

  hasEnded(): boolean {
    return Atomics.load(this.#words, ENDED) === 1;
  }

  /**
   * Whether it has rung since this was asked last. If not, it waits until it rings, at most
   * for so many milliseconds.
   */
  hasRung(limitMsec = Number.POSITIVE_INFINITY): boolean {
    Atomics.wait(this.#words, RINGS, this.#heard, limitMsec);
    const rings = Atomics.load(this.#words, RINGS);
    const hasRung = rings !== this.#heard;
    this.#heard = rings;
    return hasRung;
  }

  /** Waits whether it rings or not, unless it has ended. */
  pause(msec: number): void {
    Atomics.wait(this.#words, ENDED, 0, msec);
  }
}
