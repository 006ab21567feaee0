// Division of whole numbers into whole parts whose sum is exact.

/**
 * Part `index` of `total` divided into `count` even parts; earlier parts are
 * the larger ones. It never falls when the total rises, so parts of a growing
 * counter are growing counters.
 */
export function evenPart(total: number, count: number, index: number): number {
  return Math.floor((total + count - 1 - index) / count);
}

/**
 * Divides `amount` into `count` parts in proportion to `weights`, no part above
 * its weight.
 *
 * Preconditions: `amount` <= the sum of the weights; all are whole and not negative.
 */
export function apportion(
  amount: number,
  count: number,
  weights: Float64Array,
  parts: Float64Array,
): void {
  let weightLeft = 0;
  for (let index = 0; index < count; index++) weightLeft += weights[index] ?? 0;
  const ratio = weightLeft === 0 ? 0 : amount / weightLeft;
  let left = amount;
  let owed = 0;
  for (let index = 0; index < count; index++) {
    const weight = weights[index] ?? 0;
    owed += weight * ratio;
    weightLeft -= weight;
    // At least what the weights after this one cannot take, whatever rounding did.
    const least = Math.max(0, left - weightLeft);
    const wanted = Math.max(least, Math.round(owed) - (amount - left));
    const part = Math.min(weight, left, wanted);
    parts[index] = part;
    left -= part;
  }
}
