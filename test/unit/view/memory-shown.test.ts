import { describe, expect, test } from 'vitest';
import { takeMemoryView } from '../../../src/view/memory.ts';
import { v2Reading } from '../../support/memory-readings.ts';

const mib = 2 ** 20;
const reading = v2Reading({
  maxBytes: 64 * mib,
  swapMaxBytes: 32 * mib,
  swapCurrentBytes: 8 * mib,
  stat: { swapcached: mib, zswap: 2 * mib, zswapped: 4 * mib },
});
const host = { totalKib: 8 * 1024 ** 2, swapTotalKib: 1024 ** 2 };

describe('takeMemoryView()', () => {
  test('shows swap and zswap unless told otherwise', () => {
    const { swap, parts } = takeMemoryView(reading, host);
    expect(swap).toEqual({ totalKib: 32 * 1024, freeKib: 24 * 1024 });
    expect(parts).toMatchObject({ swapCachedKib: 1024, zswapKib: 2048, zswappedKib: 4096 });
  });

  test('hides swap, and what is cached of it', () => {
    const { swap, parts } = takeMemoryView(reading, host, { swap: false, zswap: true });
    expect(swap).toEqual({ totalKib: 0, freeKib: 0 });
    expect(parts).toMatchObject({ swapCachedKib: 0, zswapKib: 2048, zswappedKib: 4096 });
  });

  test('hides zswap', () => {
    const { swap, parts } = takeMemoryView(reading, host, { swap: true, zswap: false });
    expect(swap).toEqual({ totalKib: 32 * 1024, freeKib: 24 * 1024 });
    expect(parts).toMatchObject({ swapCachedKib: 1024, zswapKib: 0, zswappedKib: 0 });
  });
});
