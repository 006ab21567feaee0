// Which open files have a trigger: a fixed number of slots in shared memory. One thread
// serves them all, so there is no lock; memory outlives that thread, and with it the
// triggers. The main thread closes what was released and frees its slot.

/** All containers together. */
export const mostTriggers = 1024;
/** One owner. */
export const mostTriggersOfOwner = 64;

/** 32-bit words of a slot. */
const STATE = 0;
const FD = 1;
const OWNER = 2;
const HANDLE_LOW = 3;
const HANDLE_HIGH = 4;
/** It has fired, and no poll was told. */
const FIRED = 5;
/** Somebody waits, whom the kernel knows by the handle in the next two words. */
const AWAITED = 6;
const KERNEL_HANDLE_LOW = 7;
const KERNEL_HANDLE_HIGH = 8;
const slotWords = 9;

const FREE = 0;
const LIVE = 1;
/** Its file is gone; it waits for its release. */
const BROKEN = 2;
const RELEASED = 3;
const CLOSING = 4;

const noFd = -1;
const twoTo32 = 2 ** 32;

export interface NewTrigger {
  readonly handle: number;
  readonly fd: number;
  readonly owner: number;
}

export class TriggerTable {
  readonly #words: Int32Array;
  readonly #slotByHandle = new Map<number, number>();

  static readonly byteLength = mostTriggers * slotWords * 4;

  static allocate(): SharedArrayBuffer {
    return new SharedArrayBuffer(TriggerTable.byteLength);
  }

  constructor(memory: ArrayBufferLike) {
    this.#words = new Int32Array(memory);
    this.refresh();
  }

  /** Learns anew which open file has which trigger: another server may have changed that. */
  refresh(): void {
    this.#slotByHandle.clear();
    for (const slot of this.#slotsIn(LIVE, BROKEN)) {
      this.#slotByHandle.set(this.#handleOf(slot), slot);
    }
  }

  /** Whether an owner may have one more. What is not yet closed counts. */
  hasRoom(owner: number): boolean {
    let used = 0;
    let own = 0;
    for (let slot = 0; slot < mostTriggers; slot++) {
      if (this.#stateOf(slot) === FREE) continue;
      used++;
      if (this.#word(slot, OWNER) === owner) own++;
    }
    return used < mostTriggers && own < mostTriggersOfOwner;
  }

  /** The slot of a new trigger. Preconditions: there is room; the handle has none. */
  add({ handle, fd, owner }: NewTrigger): number {
    const [slot] = this.#slotsIn(FREE);
    if (slot === undefined) throw new RangeError('Cannot add a trigger: no slot is free');
    const at = slot * slotWords;
    this.#words.fill(0, at, at + slotWords);
    this.#words[at + FD] = fd;
    this.#words[at + OWNER] = owner;
    this.#words[at + HANDLE_LOW] = handle;
    this.#words[at + HANDLE_HIGH] = Math.floor(handle / twoTo32);
    this.#setState(slot, LIVE);
    this.#slotByHandle.set(handle, slot);
    return slot;
  }

  /** The slot of an open file's trigger; `undefined` when it has none. */
  slotOf(handle: number): number | undefined {
    return this.#slotByHandle.get(handle);
  }

  fdOf(slot: number): number {
    return this.#word(slot, FD);
  }

  isBroken(slot: number): boolean {
    return this.#stateOf(slot) === BROKEN;
  }

  /** It has fired. @returns whom to wake, once. */
  fire(slot: number): bigint | undefined {
    if (this.#stateOf(slot) !== LIVE) return undefined;
    this.#words[slot * slotWords + FIRED] = 1;
    return this.#takeAwaiting(slot);
  }

  /** Its file is gone. @returns whom to wake, once. */
  break(slot: number): bigint | undefined {
    if (this.#stateOf(slot) !== LIVE) return undefined;
    this.#setState(slot, BROKEN);
    return this.#takeAwaiting(slot);
  }

  /** Whether it has fired since the last call. */
  takeFired(slot: number): boolean {
    const hasFired = this.#word(slot, FIRED) === 1;
    this.#words[slot * slotWords + FIRED] = 0;
    return hasFired;
  }

  /** Somebody waits for it, under this name of the kernel's. */
  awaitBy(slot: number, kernelHandle: bigint): void {
    const at = slot * slotWords;
    this.#words[at + KERNEL_HANDLE_LOW] = Number(BigInt.asIntN(32, kernelHandle));
    this.#words[at + KERNEL_HANDLE_HIGH] = Number(BigInt.asIntN(32, kernelHandle >> 32n));
    this.#words[at + AWAITED] = 1;
  }

  /** Its open file is closed. */
  release(handle: number): void {
    const slot = this.#slotByHandle.get(handle);
    if (slot === undefined) return;
    this.#slotByHandle.delete(handle);
    this.#setState(slot, RELEASED);
  }

  /** What was released, each once, for whoever closes it and calls free(). */
  takeReleased(): { readonly slot: number; readonly fd: number }[] {
    return this.#slotsIn(RELEASED).flatMap((slot) => {
      const at = slot * slotWords + STATE;
      const wasReleased = Atomics.compareExchange(this.#words, at, RELEASED, CLOSING) === RELEASED;
      return wasReleased ? [{ slot, fd: this.fdOf(slot) }] : [];
    });
  }

  /** Its fd is closed. */
  free(slot: number): void {
    this.#setState(slot, FREE);
  }

  /** Slots of triggers that can fire. */
  live(): number[] {
    return this.#slotsIn(LIVE);
  }

  /**
   * In a new server: the fds of its predecessor's triggers, by slot, are these. A trigger whose
   * fd is lost is broken, and one that is broken needs none; what was being closed is free, as its
   * process has ended.
   */
  adopt(fdOf: (slot: number) => number | undefined): void {
    for (const slot of this.#slotsIn(RELEASED, CLOSING)) this.free(slot);
    for (const slot of this.#slotsIn(LIVE)) {
      const fd = fdOf(slot);
      this.#words[slot * slotWords + FD] = fd ?? noFd;
      if (fd === undefined) this.#setState(slot, BROKEN);
    }
    for (const slot of this.#slotsIn(BROKEN)) this.#words[slot * slotWords + FD] = noFd;
  }

  /** Those who wait for triggers that are broken, each once. */
  takeDisappointed(): bigint[] {
    return this.#slotsIn(BROKEN).flatMap((slot) => this.#takeAwaiting(slot) ?? []);
  }

  /** Slots in use; for tests and the log. */
  usedCount(): number {
    return mostTriggers - this.#slotsIn(FREE).length;
  }

  #slotsIn(...states: number[]): number[] {
    const slots = Array.from({ length: mostTriggers }, (_, slot) => slot);
    return slots.filter((slot) => states.includes(this.#stateOf(slot)));
  }

  #takeAwaiting(slot: number): bigint | undefined {
    const at = slot * slotWords;
    if (this.#words[at + AWAITED] !== 1) return undefined;
    this.#words[at + AWAITED] = 0;
    const low = BigInt.asUintN(32, BigInt(this.#word(slot, KERNEL_HANDLE_LOW)));
    return (BigInt.asUintN(32, BigInt(this.#word(slot, KERNEL_HANDLE_HIGH))) << 32n) | low;
  }

  #handleOf(slot: number): number {
    const low = this.#word(slot, HANDLE_LOW) >>> 0;
    return (this.#word(slot, HANDLE_HIGH) >>> 0) * twoTo32 + low;
  }

  #word(slot: number, word: number): number {
    return this.#words[slot * slotWords + word] ?? 0;
  }

  #stateOf(slot: number): number {
    return Atomics.load(this.#words, slot * slotWords + STATE);
  }

  #setState(slot: number, state: number): void {
    Atomics.store(this.#words, slot * slotWords + STATE, state);
  }
}
