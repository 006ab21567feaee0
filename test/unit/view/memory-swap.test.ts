import { describe, expect, test } from 'vitest';
import type { V1Memory } from '../../../src/cgroup/v1/memory.ts';
import { takeMemoryView } from '../../../src/view/memory.ts';
import { v1Reading, v2Reading } from '../../support/memory-readings.ts';

const MiB = 2 ** 20;
const host = { totalKib: 1024 * 1024, swapTotalKib: 256 * 1024 };

interface SwapCase {
  readonly name: string;
  readonly swapMax: number | null | undefined;
  readonly used: number;
  readonly hostSwapKib?: number;
  readonly total: number;
  readonly free: number;
}

/** Limits and usage in MiB, the host's swap and the result in KiB. */
const swapCases: readonly SwapCase[] = [
  { name: 'no accounting', swapMax: undefined, used: 0, total: 0, free: 0 },
  { name: 'a limit of 0', swapMax: 0, used: 0, total: 0, free: 0 },
  { name: 'a limit of 0 that came late', swapMax: 0, used: 8, total: 0, free: 0 },
  { name: 'a limit', swapMax: 32, used: 8, total: 32768, free: 24576 },
  { name: 'no limit', swapMax: null, used: 8, total: 262144, free: 253952 },
  { name: "a limit above the host's", swapMax: 512, used: 8, total: 262144, free: 253952 },
  { name: 'a limit below the usage', swapMax: 4, used: 8, total: 4096, free: 0 },
  { name: 'a host without swap', swapMax: 32, used: 0, hostSwapKib: 0, total: 0, free: 0 },
  { name: 'a host that took swap away', swapMax: null, used: 8, hostSwapKib: 0, total: 0, free: 0 },
];

describe('takeMemoryView() of swap', () => {
  const bytesOf = (mib: number | null | undefined) => (typeof mib === 'number' ? mib * MiB : mib);

  test.each(swapCases)('with $name, on v2', ({ swapMax, used, hostSwapKib, total, free }) => {
    const reading = v2Reading({
      maxBytes: 64 * MiB,
      swapMaxBytes: bytesOf(swapMax),
      swapCurrentBytes: swapMax === undefined ? undefined : used * MiB,
    });
    const { swap } = takeMemoryView(reading, {
      ...host,
      swapTotalKib: hostSwapKib ?? host.swapTotalKib,
    });
    expect(swap).toEqual({ totalKib: total, freeKib: free });
  });

  test.each(swapCases)('with $name, on v1', ({ swapMax, used, hostSwapKib, total, free }) => {
    const reading = v1Reading({
      limitInBytes: 64 * MiB,
      memswLimitInBytes: bytesOf(typeof swapMax === 'number' ? swapMax + 64 : swapMax),
      stat: { total_swap: swapMax === undefined ? undefined : used * MiB },
    });
    const { swap } = takeMemoryView(reading, {
      ...host,
      swapTotalKib: hostSwapKib ?? host.swapTotalKib,
    });
    expect(swap).toEqual({ totalKib: total, freeKib: free });
  });

  test('follows the host at each read', () => {
    const reading = v2Reading({ swapMaxBytes: null, swapCurrentBytes: 0 });
    const totals = [0, 512, 0].map(
      (swapTotalKib) => takeMemoryView(reading, { ...host, swapTotalKib }).swap.totalKib,
    );
    expect(totals).toEqual([0, 512, 0]);
  });
});

function swapOf(reading: Partial<V1Memory>) {
  return takeMemoryView(v1Reading(reading), host).swap;
}

describe('takeMemoryView() of v1 swap', () => {
  test('differs: v1 memory and swap together are the memsw limit', () => {
    const reading = v1Reading({ limitInBytes: 64 * MiB, memswLimitInBytes: 96 * MiB });
    const { totalKib, swap } = takeMemoryView(reading, host);
    expect(swap.totalKib).toBe(32 * 1024);
    expect(totalKib + swap.totalKib).toBe(96 * 1024);
  });

  test('leaves to v1 swap what memory cannot take on a small host', () => {
    const limits = { limitInBytes: 1100 * MiB, memswLimitInBytes: 1100 * MiB };
    expect(swapOf(limits)).toEqual({ totalKib: 76 * 1024, freeKib: 76 * 1024 });
  });

  test('has no v1 swap when memsw equals or is below the memory limit', () => {
    const none = { totalKib: 0, freeKib: 0 };
    expect(swapOf({ limitInBytes: 64 * MiB, memswLimitInBytes: 64 * MiB })).toEqual(none);
    expect(swapOf({ limitInBytes: 64 * MiB, memswLimitInBytes: 32 * MiB })).toEqual(none);
  });

  test('has with v1 swappiness 0 only the swap that is used', () => {
    const limits = { limitInBytes: 64 * MiB, memswLimitInBytes: 96 * MiB, swappiness: 0 };
    const used = { stat: v1Reading({ stat: { total_swap: 2 * MiB } }).stat };
    expect(swapOf({ ...limits, ...used })).toEqual({ totalKib: 2048, freeKib: 0 });
    expect(swapOf(limits)).toEqual({ totalKib: 0, freeKib: 0 });
  });
});
