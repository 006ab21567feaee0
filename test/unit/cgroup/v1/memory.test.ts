import { describe, expect, test } from 'vitest';
import { readMemory } from '../../../../src/cgroup/memory.ts';
import { KernelFormatError } from '../../../../src/kernel/format-error.ts';
import { withMemoryCgroup } from '../../../support/memory-cgroup.ts';

const noLimit = '9223372036854771712\n';

const files = {
  'a/b/memory.usage_in_bytes': '8192\n',
  'a/b/memory.swappiness': '60\n',
  'a/b/memory.limit_in_bytes': noLimit,
  'a/b/memory.stat':
    'cache 1\nrss 1\nhierarchical_memory_limit 65536\nhierarchical_memsw_limit 98304\n' +
    'total_cache 4096\ntotal_rss 2048\ntotal_swap 0\n',
};

const readingOf = (given: Readonly<Record<string, string>>) =>
  withMemoryCgroup(1, given, readMemory);

describe('readMemory() on v1', () => {
  test('reads the limits that hold, the usage and the counters of the whole subtree', () => {
    const reading = readingOf(files);
    expect(reading).toMatchObject({
      version: 1,
      limitInBytes: 65536,
      usageInBytes: 8192,
      memswLimitInBytes: 98304,
      swappiness: 60,
      stat: { total_cache: 4096, total_rss: 2048, total_swap: 0, total_dirty: undefined },
    });
  });

  test('reads the huge number of "no limit" as null', () => {
    const stat = `hierarchical_memory_limit ${noLimit}hierarchical_memsw_limit ${noLimit}total_swap 0\n`;
    const reading = readingOf({ ...files, 'a/b/memory.stat': stat });
    expect(reading).toMatchObject({ limitInBytes: null, memswLimitInBytes: null });
  });

  test.each([
    ['no swap is accounted', 'hierarchical_memory_limit 65536\n'],
    ['the kernel has no swap', 'hierarchical_memory_limit 65536\nhierarchical_memsw_limit 98304\n'],
  ])('has no memsw limit when %s', (_, stat) => {
    const reading = readingOf({ ...files, 'a/b/memory.stat': stat });
    expect(reading).toMatchObject({ version: 1, memswLimitInBytes: undefined });
  });

  test("is undefined in the root cgroup, whose memory is the host's", () => {
    expect(readingOf({ ...files, 'a/b/release_agent': '\n' })).toBeUndefined();
  });

  test.each(['memory.usage_in_bytes', 'memory.stat'])('is undefined without %s', (name) => {
    const { [`a/b/${name}` as keyof typeof files]: _, ...rest } = files;
    expect(readingOf(rest)).toBeUndefined();
  });

  test('refuses a memory.stat without limits', () => {
    const broken = { ...files, 'a/b/memory.stat': 'cache 0\n' };
    expect(() => readingOf(broken)).toThrow(KernelFormatError);
  });
});
