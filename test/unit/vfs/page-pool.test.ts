import { expect, test } from 'vitest';
import { PagePool } from '../../../src/vfs/page-pool.ts';

function makePool(pageCount: number): PagePool {
  const words = new Int32Array(new SharedArrayBuffer(PagePool.wordCount(pageCount) * 4));
  return new PagePool(words, new Uint8Array(new SharedArrayBuffer(PagePool.byteCount(pageCount))));
}

function readBack(pool: PagePool, first: number, offset: number, length: number): string {
  const target = Buffer.alloc(length);
  pool.read(first, offset, target);
  return target.toString('latin1');
}

const text = Array.from({ length: 4000 }, (_, line) => `${line},`).join('');

test.each([1, 4095, 4096, 4097, 8192, 8193])('store() and read() keep %i bytes', (length) => {
  const pool = makePool(8);
  const first = pool.store(text.slice(0, length));
  expect(pool.usedCount()).toBe(PagePool.pagesFor(length));
  expect(readBack(pool, first, 0, length)).toBe(text.slice(0, length));
  expect(readBack(pool, first, length - 1, 1)).toBe(text[length - 1]);
  expect(pool.free(first)).toBe(PagePool.pagesFor(length));
  expect(pool.usedCount()).toBe(0);
});

test('read() begins at any offset and goes across pages', () => {
  const pool = makePool(8);
  const first = pool.store(text);
  for (const offset of [0, 1, 4095, 4096, 4097, 8000, 12_288]) {
    expect(readBack(pool, first, offset, 5000)).toBe(text.slice(offset, offset + 5000));
  }
});

test('store() takes all of a text or nothing', () => {
  const pool = makePool(3);
  const first = pool.store('a');
  expect(pool.store(text.slice(0, 3 * 4096))).toBe(0);
  expect(pool.usedCount()).toBe(1);
  const second = pool.store(text.slice(0, 2 * 4096));
  expect(second).not.toBe(0);
  expect(pool.store('b')).toBe(0);
  pool.free(first);
  expect(pool.store('b')).not.toBe(0);
  expect(readBack(pool, second, 0, 2 * 4096)).toBe(text.slice(0, 2 * 4096));
});

test('free() gives whole chains back, in any order', () => {
  const pool = makePool(6);
  const [first, second, third] = ['1', '2', '3'].map((letter) => pool.store(letter.repeat(8000)));
  pool.free(second ?? 0);
  pool.free(first ?? 0);
  const long = pool.store('4'.repeat(4 * 4096));
  expect(pool.usedCount()).toBe(6);
  expect(readBack(pool, long, 0, 4 * 4096)).toBe('4'.repeat(4 * 4096));
  expect(readBack(pool, third ?? 0, 0, 8000)).toBe('3'.repeat(8000));
});
