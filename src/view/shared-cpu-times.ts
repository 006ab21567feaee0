// The CPU accounts of all containers, in memory that the worker threads share:
// whichever answers, a reader sees counters that never fall.

import type { Hash } from '../shared/keyed-hash.ts';
import { KeyedRows, type RowKey } from '../shared/keyed-rows.ts';
import { AccountScratch, accountLength, CpuAccount, possibleCpusOf } from './cpu-account.ts';
import type { CpuSample, CpuTimes } from './cpu-times.ts';

export class SharedCpuTimes {
  readonly #accounts: KeyedRows<CpuAccount>;

  /** Memory for hosts whose CPU numbers are below `possibleCpus`; `secret` is random. */
  static allocate(possibleCpus: number, secret: Hash): SharedArrayBuffer {
    return KeyedRows.allocate(accountLength(possibleCpus), secret);
  }

  /** As allocate(), for memory from elsewhere: its length, and how it is made ready. */
  static byteLengthFor(possibleCpus: number): number {
    return KeyedRows.byteLengthFor(accountLength(possibleCpus));
  }

  static format(buffer: ArrayBufferLike, possibleCpus: number, secret: Hash): void {
    KeyedRows.format(buffer, accountLength(possibleCpus), secret);
  }

  /** `owner` is a positive number, different for each thread. */
  constructor(buffer: ArrayBufferLike, owner: number) {
    const scratch = new AccountScratch(possibleCpusOf(KeyedRows.rowLengthOf(buffer)));
    this.#accounts = new KeyedRows(buffer, owner, (row) => new CpuAccount(row, scratch));
  }

  /** As KeyedRows.keyOf(). */
  keyOf(identity: string, container: number): RowKey {
    return this.#accounts.keyOf(identity, container);
  }

  /**
   * Takes a sample of the container and adds it to what was counted; the answer
   * is what to show. `take` runs alone among all threads that ask for the same
   * container, so its readings are in order. `undefined` when `take` has none.
   */
  advance(key: RowKey, take: () => CpuSample | undefined): CpuTimes | undefined {
    return this.#accounts.run(key, () => {
      const sample = take();
      if (sample === undefined) return undefined;
      return this.#accounts.change(key, (account) => {
        account.advance(sample);
        return account.times();
      });
    });
  }

  /** Breaks what locks a thread held when it ended; its unfinished work does not count. */
  recover(owner: number): void {
    this.#accounts.recover(owner);
  }

  /** The same for all threads of a server that ended. */
  recoverAll(): void {
    this.#accounts.recoverAll();
  }
}
