import { describe, expect, test } from 'vitest';
import type { Hierarchy } from '../../../src/cgroup/layout.ts';
import { parseMembership, pathIn } from '../../../src/cgroup/membership.ts';

const hierarchy = (version: 1 | 2, ...controllers: string[]): Hierarchy => ({
  version,
  controllers,
  mounts: [],
});

describe('parseMembership()', () => {
  test('reads v1, named and v2 hierarchies', () => {
    const text =
      '9:name=systemd:/init.scope\n7:cpu,cpuacct:/docker/x\n0::/system.slice/a.service\n';
    const { unified, byController } = parseMembership(text);
    expect(unified).toBe('/system.slice/a.service');
    expect([...byController]).toEqual([
      ['name=systemd', '/init.scope'],
      ['cpu', '/docker/x'],
      ['cpuacct', '/docker/x'],
    ]);
  });

  test('keeps colons, blanks and commas in paths', () => {
    expect(parseMembership('0::/kubepods/pod:1, a b\n').unified).toBe('/kubepods/pod:1, a b');
  });

  test('takes the mark of a removed cgroup off, and only at the end', () => {
    expect(parseMembership('0::/gone (deleted)\n').unified).toBe('/gone');
    expect(parseMembership('0::/a (deleted)/b\n').unified).toBe('/a (deleted)/b');
  });

  test.each(['', '\n', 'nonsense', '5:memory', ':\n'])('finds nothing in %j', (text) => {
    const { unified, byController } = parseMembership(text);
    expect(unified).toBeUndefined();
    expect(byController.size).toBe(0);
  });
});

describe('pathIn()', () => {
  const membership = parseMembership('7:cpuacct,cpu:/c\n4:memory:/m\n0::/u\n');

  test('answers for v2 with the unified path', () => {
    expect(pathIn(membership, hierarchy(2))).toBe('/u');
  });

  // The order differs: mountinfo shows "cpu,cpuacct" where /proc/PID/cgroup may not.
  test('finds joined controllers in whichever order they are named', () => {
    expect(pathIn(membership, hierarchy(1, 'cpu', 'cpuacct'))).toBe('/c');
  });

  test('is undefined for a hierarchy that the process is in none of', () => {
    expect(pathIn(membership, hierarchy(1, 'blkio'))).toBeUndefined();
    expect(pathIn(parseMembership('4:memory:/m\n'), hierarchy(2))).toBeUndefined();
  });
});
