import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readMemory } from '../../../../src/cgroup/memory.ts';
import { KernelFormatError } from '../../../../src/kernel/format-error.ts';
import { withMemoryCgroup } from '../../../support/memory-cgroup.ts';

const files = {
  'cgroup.controllers': 'memory\n',
  'memory.stat': 'anon 99\n',
  'a/cgroup.controllers': 'memory\n',
  'a/memory.current': '12288\n',
  'a/memory.max': '65536\n',
  'a/memory.swap.current': '4096\n',
  'a/memory.swap.max': 'max\n',
  'a/memory.stat': 'anon 8192\nfile 4096\n',
  'a/b/cgroup.controllers': 'memory\n',
  'a/b/memory.current': '8192\n',
  'a/b/memory.max': 'max\n',
  'a/b/memory.high': '16384\n',
  'a/b/memory.swap.current': '0\n',
  'a/b/memory.swap.max': '32768\n',
  'a/b/memory.stat': 'anon 4096\nfile 2048\n',
};
const notEnabled = Object.fromEntries(
  Object.entries(files).filter(([path]) => !path.startsWith('a/b/memory')),
);

const readingOf = (given: Readonly<Record<string, string>>) =>
  withMemoryCgroup(2, given, readMemory);

describe('readMemory() on v2', () => {
  test('takes the smallest limits of the cgroup and its ancestors', () => {
    expect(readingOf(files)).toMatchObject({
      version: 2,
      maxBytes: 65536,
      currentBytes: 8192,
      swapMaxBytes: 32768,
      swapCurrentBytes: 0,
      stat: { anon: 4096, file: 2048, slab_reclaimable: undefined },
    });
  });

  test('does not take memory.high for a limit', () => {
    const reading = readingOf({ ...files, 'a/memory.max': 'max\n' });
    expect(reading).toMatchObject({ maxBytes: null });
  });

  test('reads usage and counters of the nearest cgroup that has the controller', () => {
    expect(readingOf(notEnabled)).toMatchObject({
      maxBytes: 65536,
      currentBytes: 12288,
      swapCurrentBytes: 4096,
      stat: { anon: 8192, file: 4096 },
    });
  });

  test('is undefined when no cgroup below the root has the controller', () => {
    const { 'a/memory.current': _, ...rest } = notEnabled;
    expect(readingOf(rest)).toBeUndefined();
  });
});

describe('readMemory() on v2, when something is missing', () => {
  test('has no swap limit when swap is not accounted', () => {
    const { 'a/b/memory.swap.current': _, ...rest } = files;
    expect(readingOf(rest)).toMatchObject({ swapMaxBytes: undefined });
  });

  test('never reads a parent for a cgroup that is gone', () => {
    const { 'a/b/cgroup.controllers': _, ...rest } = notEnabled;
    expect(readingOf(rest)).toBeUndefined();
  });

  test('is undefined when the cgroup goes while it is read', () => {
    withMemoryCgroup(2, files, (cgroup, root) => {
      cgroup.controller('memory')?.chain[0]?.readText('memory.current');
      rmSync(join(root, 'a/b/memory.stat'));
      rmSync(join(root, 'a/b/memory.max'));
      expect(readMemory(cgroup)).toBeUndefined();
    });
  });

  test('refuses a usage that is no number', () => {
    const broken = { ...files, 'a/b/memory.current': 'much\n' };
    expect(() => readingOf(broken)).toThrow(KernelFormatError);
  });
});
