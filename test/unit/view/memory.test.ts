import { describe, expect, test } from 'vitest';
import { takeMemoryView } from '../../../src/view/memory.ts';
import { v1Reading, v2Reading } from '../../support/memory-readings.ts';

const MiB = 2 ** 20;
const host = { totalKib: 1024 * 1024, swapTotalKib: 256 * 1024 };

describe('takeMemoryView() of memory', () => {
  test.each([
    ['the limit', 64 * MiB, 64 * 1024],
    ["the host's total where the limit is above", 4096 * MiB, 1024 * 1024],
    ["the host's total where there is no limit", null, 1024 * 1024],
    ['nothing where the limit is 0', 0, 0],
    ['whole KiB', 64 * MiB + 1023, 64 * 1024],
  ])('has as total %s', (_, limit, totalKib) => {
    expect(takeMemoryView(v1Reading({ limitInBytes: limit }), host).totalKib).toBe(totalKib);
    expect(takeMemoryView(v2Reading({ maxBytes: limit }), host).totalKib).toBe(totalKib);
  });

  test('counts page cache and reclaimable slab as available, but not tmpfs', () => {
    const stat = {
      file: 20 * MiB,
      shmem: 4 * MiB,
      active_file: 6 * MiB,
      inactive_file: 10 * MiB,
      slab_reclaimable: 2 * MiB,
      slab_unreclaimable: 1 * MiB,
    };
    const view = takeMemoryView(
      v2Reading({ maxBytes: 64 * MiB, currentBytes: 40 * MiB, stat }),
      host,
    );
    expect(view.freeKib).toBe(24 * 1024);
    expect(view.availableKib).toBe((24 + 6 + 10 + 2) * 1024);
  });

  test('has nothing free above the limit, and pays the excess from the cache', () => {
    const stat = { total_active_file: 3 * MiB, total_inactive_file: 0 };
    const reading = { limitInBytes: 64 * MiB, usageInBytes: 66 * MiB, stat };
    const view = takeMemoryView(v1Reading(reading), host);
    expect(view.freeKib).toBe(0);
    expect(view.availableKib).toBe(1024);
    const without = takeMemoryView(v1Reading({ ...reading, stat: {} }), host);
    expect(without.availableKib).toBe(0);
  });
});

describe('takeMemoryView() of the parts of memory', () => {
  test('has no part above the whole', () => {
    const stat = { total_cache: 90 * MiB, total_rss: 70 * MiB, total_active_file: 90 * MiB };
    const { parts, totalKib, availableKib } = takeMemoryView(
      v1Reading({ limitInBytes: 64 * MiB, usageInBytes: 8 * MiB, stat }),
      host,
    );
    expect([parts.cachedKib, parts.anonKib, parts.activeKib, availableKib]).toEqual(
      Array.from({ length: 4 }, () => totalKib),
    );
  });

  test('shows slab as the sum of its two lines', () => {
    const stat = { slab_reclaimable: 4100.5 * 1024, slab_unreclaimable: 2000.5 * 1024 };
    const { parts } = takeMemoryView(v2Reading({ stat }), host);
    expect(parts.slabKib).toBe(parts.slabReclaimableKib + parts.slabUnreclaimableKib);
  });

  test('knows hugetlb pages only where they are charged', () => {
    expect(takeMemoryView(v2Reading({}), host).parts.hugetlbKib).toBeUndefined();
    expect(takeMemoryView(v2Reading({ stat: { hugetlb: 0 } }), host).parts.hugetlbKib).toBe(0);
    expect(takeMemoryView(v1Reading({}), host).parts.hugetlbKib).toBeUndefined();
  });
});
