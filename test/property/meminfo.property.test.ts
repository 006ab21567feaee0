import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { MemoryReading } from '../../src/cgroup/memory.ts';
import { memoryStatParser } from '../../src/cgroup/memory-stat.ts';
import type { V1Memory } from '../../src/cgroup/v1/memory.ts';
import type { V2Memory } from '../../src/cgroup/v2/memory.ts';
import { type HostMemory, parseHostMemory } from '../../src/host/meminfo.ts';
import { KernelFormatError } from '../../src/kernel/format-error.ts';
import { renderMeminfo } from '../../src/render/meminfo.ts';
import { takeMemoryView } from '../../src/view/memory.ts';
import { v1Reading, v2Reading } from '../support/memory-readings.ts';

/** Small numbers often, so that limits, usages and parts meet. */
const bytes = fc.oneof(
  fc.nat(16).map((pages) => pages * 4096),
  fc.nat(2 ** 30),
  fc.maxSafeNat(),
);
const limit = fc.oneof(bytes, fc.constant(null));
const maybe = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: undefined });

function statOf<Stat extends object>(shape: Stat): fc.Arbitrary<Stat> {
  const counters = Object.fromEntries(Object.keys(shape).map((key) => [key, maybe(bytes)]));
  return fc.record(counters) as unknown as fc.Arbitrary<Stat>;
}

const v1: fc.Arbitrary<V1Memory> = fc.record({
  version: fc.constant(1 as const),
  limitInBytes: limit,
  usageInBytes: bytes,
  memswLimitInBytes: maybe(limit),
  swappiness: maybe(fc.nat(100)),
  stat: statOf(v1Reading({}).stat),
});

const v2: fc.Arbitrary<V2Memory> = fc.record({
  version: fc.constant(2 as const),
  maxBytes: limit,
  currentBytes: bytes,
  swapMaxBytes: maybe(limit),
  swapCurrentBytes: maybe(bytes),
  stat: statOf(v2Reading({}).stat),
});

const reading: fc.Arbitrary<MemoryReading> = fc.oneof(v1, v2);
const kib = fc.oneof(fc.nat(64), fc.nat(2 ** 31), fc.nat(2 ** 43));
const host: fc.Arbitrary<HostMemory> = fc.record({ totalKib: kib, swapTotalKib: kib });

/** The numbers of a rendered text by their labels. */
function numbersIn(text: string): Map<string, number> {
  const lines = text.matchAll(/^([^:\n]+): *(-?[\d.e+]+|NaN|undefined)/gm);
  return new Map([...lines].map(([, label = '', number]) => [label, Number(number)]));
}

const labels = [
  ...['MemTotal', 'MemFree', 'MemAvailable', 'Buffers', 'Cached', 'SwapCached', 'Active'],
  ...[
    'Inactive',
    'Active(anon)',
    'Inactive(anon)',
    'Active(file)',
    'Inactive(file)',
    'Unevictable',
  ],
  ...['Mlocked', 'SwapTotal', 'SwapFree', 'Zswap', 'Zswapped', 'Dirty', 'Writeback', 'AnonPages'],
  ...['Mapped', 'Shmem', 'KReclaimable', 'Slab', 'SReclaimable', 'SUnreclaim', 'KernelStack'],
  ...['PageTables', 'SecPageTables', 'VmallocUsed', 'Percpu', 'AnonHugePages', 'ShmemHugePages'],
];

function hostText({ totalKib, swapTotalKib }: HostMemory): string {
  const numbers: Record<string, number> = { MemTotal: totalKib, SwapTotal: swapTotalKib };
  const lines = labels.map(
    (label) => `${`${label}:`.padEnd(16)}${String(numbers[label] ?? 7).padStart(8)} kB\n`,
  );
  return lines.join('');
}

function shown(memory: MemoryReading, of: HostMemory): Map<string, number> {
  const text = hostText(of);
  return numbersIn(renderMeminfo(text, takeMemoryView(memory, parseHostMemory(text))));
}

describe('takeMemoryView() and renderMeminfo() for any limits, usages and hosts', () => {
  test('show whole numbers, none below zero', () => {
    fc.assert(
      fc.property(reading, host, (memory, of) => {
        const numbers = shown(memory, of);
        expect([...numbers.keys()]).toEqual(labels);
        expect([...numbers.values()].every((n) => Number.isSafeInteger(n) && n >= 0)).toBe(true);
      }),
    );
  });

  test('keep the order of totals, available and free', () => {
    fc.assert(
      fc.property(reading, host, (memory, of) => {
        const { totalKib, availableKib, freeKib, swap } = takeMemoryView(memory, of);
        expect(freeKib).toBeLessThanOrEqual(availableKib);
        expect(availableKib).toBeLessThanOrEqual(totalKib);
        expect(totalKib).toBeLessThanOrEqual(of.totalKib);
        expect(swap.freeKib).toBeLessThanOrEqual(swap.totalKib);
        expect(swap.totalKib).toBeLessThanOrEqual(of.swapTotalKib);
      }),
    );
  });

  test('show no part above the whole', () => {
    fc.assert(
      fc.property(reading, host, (memory, of) => {
        const numbers = shown(memory, of);
        const total = numbers.get('MemTotal') ?? 0;
        // What zswap holds was larger before it was compressed, and is in no memory.
        const elsewhere = new Set(['SwapTotal', 'SwapFree', 'Zswapped']);
        const parts = [...numbers].filter(([label]) => !elsewhere.has(label));
        expect(parts.filter(([, number]) => number > total)).toEqual([]);
      }),
    );
  });
});

describe('takeMemoryView() for any limits', () => {
  test('never promises more v1 memory and swap than the memsw limit', () => {
    fc.assert(
      fc.property(v1, host, (memory, of) => {
        const { totalKib, swap } = takeMemoryView(memory, of);
        const memswKib = (memory.memswLimitInBytes ?? Number.POSITIVE_INFINITY) / 1024;
        expect(swap.totalKib).toBeLessThanOrEqual(Math.max(memswKib - totalKib, 0));
      }),
    );
  });

  test('shows less or the same when a limit is lowered', () => {
    fc.assert(
      fc.property(v2, bytes, host, (memory, lower, of) => {
        const lowered = { ...memory, maxBytes: Math.min(memory.maxBytes ?? lower, lower) };
        const [before, after] = [memory, lowered].map((each) => takeMemoryView(each, of));
        expect(after?.totalKib).toBeLessThanOrEqual(before?.totalKib ?? 0);
        expect(after?.freeKib).toBeLessThanOrEqual(before?.freeKib ?? 0);
        expect(after?.availableKib).toBeLessThanOrEqual(before?.availableKib ?? 0);
      }),
    );
  });
});

/** Lines as of /proc/meminfo among lines of anything. */
const anyText = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'binary-ascii' }),
      fc.tuple(fc.constantFrom(...labels), fc.string()).map(([label, rest]) => `${label}:${rest}`),
      fc.tuple(fc.constantFrom(...labels), kib).map(([label, n]) => `${label}: ${n} kB`),
    ),
  )
  .chain((lines) => fc.constantFrom(lines.join('\n'), `${lines.join('\n')}\n`));

describe('for any text', () => {
  const view = takeMemoryView(v2Reading({}), { totalKib: 7, swapTotalKib: 3 });
  const labelsOf = (text: string) => text.split('\n').map((line) => line.split(':')[0]);

  test('renderMeminfo() keeps every line and its label', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(labelsOf(renderMeminfo(text, view))).toEqual(labelsOf(text));
      }),
    );
  });

  test('renderMeminfo() of what it rendered is the same text', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const once = renderMeminfo(text, view);
        expect(renderMeminfo(once, view)).toBe(once);
      }),
    );
  });

  function throwsOnlyFormatErrors(parse: () => unknown): void {
    try {
      parse();
    } catch (error) {
      expect(error).toBeInstanceOf(KernelFormatError);
    }
  }

  test('the parsers throw nothing but KernelFormatError', () => {
    const parseStat = memoryStatParser(['anon', 'file', 'MemTotal:']);
    const statText = fc.oneof(
      anyText,
      fc
        .array(fc.tuple(fc.constantFrom('anon', 'file'), fc.string()))
        .map((lines) => lines.map((line) => line.join(' ')).join('\n')),
    );
    fc.assert(
      fc.property(statText, (text) => {
        throwsOnlyFormatErrors(() => parseHostMemory(text));
        throwsOnlyFormatErrors(() => parseStat(text, 'memory.stat'));
      }),
    );
  });

  test('parseHostMemory() reads back what a kernel prints', () => {
    fc.assert(
      fc.property(host, (of) => {
        expect(parseHostMemory(hostText(of))).toEqual(of);
      }),
    );
  });
});
