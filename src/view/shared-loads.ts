// The loads of all containers that were read lately, in memory that the serving
// threads and the one that counts tasks share.

import type { Hash } from '../shared/keyed-hash.ts';
import { KeyedRows, type RowKey, type UsedRow } from '../shared/keyed-rows.ts';
import {
  type CountOrder,
  type CountResult,
  type Load,
  type LoadReading,
  LoadRow,
  loadRowLength,
} from './load-row.ts';

export class SharedLoads {
  readonly #rows: KeyedRows<LoadRow>;

  /** `secret` is random. */
  static allocate(secret: Hash): SharedArrayBuffer {
    return KeyedRows.allocate(loadRowLength, secret);
  }

  /** As allocate(), for memory from elsewhere: its length, and how it is made ready. */
  static readonly byteLength = KeyedRows.byteLengthFor(loadRowLength);

  static format(buffer: ArrayBufferLike, secret: Hash): void {
    KeyedRows.format(buffer, loadRowLength, secret);
  }

  /** `owner` is a positive number, different for each thread. */
  constructor(buffer: ArrayBufferLike, owner: number) {
    this.#rows = new KeyedRows(buffer, owner, (row) => new LoadRow(row));
  }

  /** As KeyedRows.keyOf(). */
  keyOf(identity: string, container: number): RowKey {
    return this.#rows.keyOf(identity, container);
  }

  /** `undefined` when the path of its cgroup is too long to be remembered. */
  read(key: RowKey, reading: LoadReading): Load | undefined {
    if (!LoadRow.fits(reading.site)) return undefined;
    return this.#rows.run(key, () => this.#rows.change(key, (row) => row.read(reading)));
  }

  /** The containers that were read, many of them perhaps long ago. */
  used(): Iterable<UsedRow> {
    return this.#rows.used();
  }

  /** As LoadRow's; also `undefined` when the row is another container's. */
  order(used: UsedRow, nowUsec: number, sliceUsec: number): CountOrder | undefined {
    return this.#rows.changeAt(used, (row) => row.order(nowUsec, sliceUsec));
  }

  record(used: UsedRow, result: CountResult): number | undefined {
    return this.#rows.changeAt(used, (row) => row.record(result));
  }

  /** Breaks what locks a thread held when it ended; its unfinished work does not count. */
  recover(owner: number): void {
    this.#rows.recover(owner);
  }

  /** The same for all threads of a server that ended. */
  recoverAll(): void {
    this.#rows.recoverAll();
  }
}
