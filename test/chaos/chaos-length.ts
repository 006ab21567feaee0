// How long these tests are: `npm run test:chaos` takes some minutes, as a part of `npm test` they
// are as short as can be.

export const isLong = process.env['NSPROC_CHAOS'] === 'long';

/** How many times slower than usual the machine is. */
export const slowness = Number(process.env['NSPROC_TEST_SLOW'] ?? 1);
