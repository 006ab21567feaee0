import { describe, expect, test } from 'vitest';
import { keyedHash } from '../../../src/shared/keyed-hash.ts';

const secret = { low: 0x0302_0100, high: 0x0706_0504 };

describe('keyedHash()', () => {
  // The first test vector of HalfSipHash with 64 bits: 21 8d 1f 59 b9 b8 3c c8.
  test('is HalfSipHash-2-4', () => {
    const bytes = new DataView(new ArrayBuffer(8));
    const { low, high } = keyedHash('', secret);
    bytes.setInt32(0, low, true);
    bytes.setInt32(4, high, true);
    expect(bytes.getBigUint64(0)).toBe(0x218d_1f59_b9b8_3cc8n);
  });

  test('depends on every byte, on the length and on the secret', () => {
    const texts = [
      '',
      '\0',
      '\0\0',
      'a',
      'b',
      'aaaa',
      'aaab',
      'baaa',
      'aaaaa',
      'aaaab',
      '\xff',
      '\x7f',
    ];
    const hashes = texts.map((text) => keyedHash(text, secret));
    hashes.push(keyedHash('a', { low: secret.low, high: secret.high + 1 }));
    hashes.push(keyedHash('a', { low: secret.low + 1, high: secret.high }));
    expect(new Set(hashes.map(({ low }) => low)).size).toBe(hashes.length);
    expect(new Set(hashes.map(({ high }) => high)).size).toBe(hashes.length);
  });
});
