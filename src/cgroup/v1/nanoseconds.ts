// Numbers of nanoseconds in kernel text, as microseconds.

const ZERO = 48;

/** Where the digits that begin at `start` end; `start` itself when there are none. */
export function digitsEnd(text: string, start: number): number {
  let end = start;
  while (text.charCodeAt(end) >= ZERO && text.charCodeAt(end) < ZERO + 10) end++;
  return end;
}

/** The number written in a range of digits. */
export function numberIn(text: string, start: number, end: number): number {
  let value = 0;
  for (let index = start; index < end; index++) value = value * 10 + text.charCodeAt(index) - ZERO;
  return value;
}

/**
 * Microseconds. The last three digits are left out instead of dividing: after
 * 104 days nanoseconds are more than a number holds exactly.
 */
export function usecIn(text: string, start: number, end: number): number {
  return numberIn(text, start, end - 3);
}
