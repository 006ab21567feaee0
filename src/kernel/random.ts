// Numbers that nobody can guess.

import { randomInt } from 'node:crypto';

/** 64 random bits in two halves. */
export function randomHalves(): { low: number; high: number } {
  return { low: randomInt(2 ** 32), high: randomInt(2 ** 32) };
}
