// How many serving threads take requests: as few as can.
//
// All threads could wait on the device at once, but the kernel wakes them in
// turn, and each then works with caches and compiled code that another one has just
// used: the same reads cost up to twice the CPU. So one thread takes requests and
// the others wait, until it is busy nearly all the time or one request holds it up.

import type { ControlBlock } from './control-block.ts';

const lookEveryMsec = 100;
/** Looks that are remembered; a thread found at work in so many of them is busy. */
const remembered = 10;
const busyLooks = 7;
/** With fewer looks than this at which a second thread would have worked, one is enough. */
const idleLooks = 3;
/** Threads are not sent to wait again sooner than this after the last change. */
const steadyLooks = 50;

export class Turns {
  readonly #control: ControlBlock;
  /** At each of the last looks, how many threads were at work. */
  readonly #working: number[] = [];
  #lastTaken: bigint[] = [];
  #looksSinceChange = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(control: ControlBlock) {
    this.#control = control;
  }

  start(): void {
    this.#control.setActive(1);
    this.#timer = setInterval(() => this.look(), lookEveryMsec);
  }

  /** From here on all threads take requests, and so learn that the connection has ended. */
  stop(): void {
    clearInterval(this.#timer);
    this.#control.setActive(this.#control.count);
  }

  /** Looks at what the threads are doing, and has one more or one less of them take requests. */
  look(): void {
    const control = this.#control;
    const active = control.active();
    const taken = Array.from({ length: control.count }, (_, index) => control.taken(index));
    const isHeldUp = taken.some(
      (unique, index) => unique !== 0n && unique === this.#lastTaken[index],
    );
    this.#lastTaken = taken;
    this.#working.push(taken.filter((unique) => unique !== 0n).length);
    if (this.#working.length > remembered) this.#working.shift();
    this.#looksSinceChange++;
    if (isHeldUp || this.#looksAtWork(active) >= busyLooks) this.#change(active + 1);
    else if (this.#looksSinceChange > steadyLooks && this.#looksAtWork(active - 1) < idleLooks) {
      this.#change(active - 1);
    }
  }

  /** At how many of the last looks so many threads, or more, were at work. */
  #looksAtWork(threads: number): number {
    return this.#working.filter((working) => working >= threads).length;
  }

  #change(threads: number): void {
    const wanted = Math.min(Math.max(threads, 1), this.#control.count);
    if (wanted === this.#control.active()) return;
    this.#control.setActive(wanted);
    this.#working.length = 0;
    this.#looksSinceChange = 0;
  }
}
