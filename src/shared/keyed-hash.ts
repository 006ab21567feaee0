// HalfSipHash-2-4 with 64 bits of result (J.-P. Aumasson and D. J. Bernstein): a
// hash that nobody can steer without knowing the secret. Containers choose their
// cgroups' names, so they could choose names with equal plain hashes.

/** 64 bits in two halves, both as signed 32-bit numbers. */
export interface Hash {
  readonly low: number;
  readonly high: number;
}

function rotated(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}

/** Four 32-bit words of state. */
type State = [number, number, number, number];

function mix(state: State, rounds: number): void {
  let [a, b, c, d] = state;
  for (let round = 0; round < rounds; round++) {
    a = (a + b) | 0;
    b = rotated(b, 5) ^ a;
    a = rotated(a, 16);
    c = (c + d) | 0;
    d = rotated(d, 8) ^ c;
    a = (a + d) | 0;
    d = rotated(d, 7) ^ a;
    c = (c + b) | 0;
    b = rotated(b, 13) ^ c;
    c = rotated(c, 16);
  }
  state[0] = a;
  state[1] = b;
  state[2] = c;
  state[3] = d;
}

function absorb(state: State, word: number): void {
  state[3] ^= word;
  mix(state, 2);
  state[0] ^= word;
}

/** Hashes a text of bytes (latin1), as all kernel texts are read. */
export function keyedHash(text: string, secret: Hash): Hash {
  const { low, high } = secret;
  const state: State = [low, high ^ 0xee, 0x6c79_6765 ^ low, 0x7465_6462 ^ high];
  let word = 0;
  for (let index = 0; index < text.length; index++) {
    word |= (text.charCodeAt(index) & 0xff) << (8 * (index & 3));
    if ((index & 3) !== 3) continue;
    absorb(state, word);
    word = 0;
  }
  absorb(state, (text.length << 24) | word);
  state[2] ^= 0xee;
  mix(state, 4);
  const first = state[1] ^ state[3];
  state[1] ^= 0xdd;
  mix(state, 4);
  return { low: first, high: state[1] ^ state[3] };
}
