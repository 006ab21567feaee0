import { describe, expect, test } from 'vitest';
import { KeyedRows } from '../../../src/shared/keyed-rows.ts';

const secret = { low: 7, high: 8 };

function makeRows(buffer = KeyedRows.allocate(2, secret), owner = 1): KeyedRows<Float64Array> {
  return new KeyedRows(buffer, owner, (row) => row);
}

/** Adds to the first number of a row; what it is from then on. */
function add(rows: KeyedRows<Float64Array>, name: string, amount: number): number | undefined {
  const key = rows.keyOf(name, 1);
  return rows.run(key, () =>
    rows.change(key, (row) => {
      row[0] = (row[0] ?? 0) + amount;
      return row[0];
    }),
  );
}

describe('KeyedRows', () => {
  test('gives all threads the same row for the same container', () => {
    const buffer = KeyedRows.allocate(2, secret);
    const [one, other] = [makeRows(buffer, 1), makeRows(buffer, 2)];
    expect([add(one, 'a', 1), add(other, 'a', 2), add(one, 'b', 4)]).toEqual([1, 3, 4]);
  });

  test('leaves a row as it was when a change fails half-way', () => {
    const rows = makeRows();
    add(rows, 'a', 1);
    const key = rows.keyOf('a', 1);
    const fail = (row: Float64Array) => {
      row[0] = 99;
      throw new RangeError('half-way');
    };
    expect(() => rows.run(key, () => rows.change(key, fail))).toThrow('half-way');
    expect(add(rows, 'a', 0)).toBe(1);
  });
});

describe('rows that are in use', () => {
  test('used() gives the rows in use, which changeAt() changes', () => {
    const rows = makeRows();
    expect([...rows.used()]).toEqual([]);
    add(rows, 'a', 1);
    add(rows, 'b', 2);
    const used = [...rows.used()];
    expect(used).toHaveLength(2);
    const sum = used.map((row) => rows.changeAt(row, (view) => view[0]) ?? 0);
    expect(sum.sort()).toEqual([1, 2]);
  });

  test('changeAt() changes nothing where another container has got the slot', () => {
    const rows = makeRows();
    add(rows, 'a', 1);
    const [first] = rows.used();
    if (first === undefined) throw new Error('no row in use');
    const other = { slot: first.slot, key: rows.keyOf('b', 1) };
    expect(rows.changeAt(other, () => 'changed')).toBeUndefined();
    expect(rows.changeAt(first, () => 'changed')).toBe('changed');
  });

  test('changeAt() is no use that keeps a row from being given away', () => {
    const rows = makeRows();
    // All of one set: the set is chosen by the high half.
    const keyOf = (index: number) => ({ low: index * 2 + 1, high: 128 * index, owner: index });
    const touch = (index: number) =>
      rows.run(keyOf(index), () => rows.change(keyOf(index), () => undefined));
    touch(0);
    const [first] = rows.used();
    for (let index = 1; index < 32; index++) touch(index);
    if (first === undefined) throw new Error('no row in use');
    rows.changeAt(first, () => undefined);
    touch(32);
    expect(rows.changeAt(first, () => 'changed')).toBeUndefined();
  });
});
