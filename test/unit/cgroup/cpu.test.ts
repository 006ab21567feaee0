import { describe, expect, test } from 'vitest';
import { readCpuQuota, readCpuUsage, readCpuUsageUsec } from '../../../src/cgroup/cpu.ts';
import { KernelFormatError } from '../../../src/kernel/format-error.ts';
import { withCpuCgroup } from '../../support/cpu-cgroup.ts';

function v1Quota(dir: string, quotaUsec: number, periodUsec = 100_000) {
  return {
    [`${dir}/cpu.cfs_quota_us`]: `${quotaUsec}\n`,
    [`${dir}/cpu.cfs_period_us`]: `${periodUsec}\n`,
  };
}

describe('readCpuQuota()', () => {
  test.each([
    [
      'is the cgroup’s own on v1',
      1,
      { ...v1Quota('cpu/a/b', 50_000), ...v1Quota('cpu/a', -1) },
      0.5,
    ],
    [
      'is an ancestor’s if that is smaller',
      1,
      { ...v1Quota('cpu/a/b', 4e5), ...v1Quota('cpu/a', 75_000, 50_000) },
      1.5,
    ],
    [
      'is none when v1 says -1 everywhere',
      1,
      { ...v1Quota('cpu/a/b', -1), ...v1Quota('cpu/a', -1) },
      null,
    ],
    ['is none without CFS bandwidth control', 1, { 'cpu/a/b/tasks': '' }, null],
    [
      'is the cgroup’s own on v2',
      2,
      { 'a/b/cpu.max': '50000 100000\n', 'a/cpu.max': 'max 100000\n' },
      0.5,
    ],
    [
      'is the smallest of all ancestors on v2',
      2,
      { 'a/b/cpu.max': 'max 100000\n', 'a/cpu.max': '20000 10000\n' },
      2,
    ],
    ['is none when v2 says max', 2, { 'a/b/cpu.max': 'max 100000\n' }, null],
    ['is none where the controller is not enabled', 2, { 'a/b/cgroup.procs': '' }, null],
  ] as const)('%s', (_, version, files, quota) => {
    expect(withCpuCgroup(version, { ...files }, readCpuQuota)).toBe(quota);
  });

  test.each(['', '50000\n', 'max\n', '-1 100000\n', '50000 0\n', '50000 x\n'])(
    'refuses cpu.max %j',
    (text) => {
      expect(() => withCpuCgroup(2, { 'a/b/cpu.max': text }, readCpuQuota)).toThrow(
        KernelFormatError,
      );
    },
  );
});

const usageAll = 'cpu user system\n0 16000000999 4000000000\n2 7000 999\n';

describe('readCpuUsage() on v1', () => {
  test('reads v1 per CPU, in microseconds, also when CPU numbers have gaps', () => {
    const files = {
      'cpu/a/b/cpuacct.usage_all': usageAll,
      'cpu/a/b/cpuacct.usage_percpu': '20000000999 8001 \n',
    };
    expect(withCpuCgroup(1, files, readCpuUsage)).toEqual({
      kind: 'per-cpu',
      cpus: [
        {
          cpu: 0,
          usageUsec: 20_000_000,
          sampledUserUsec: 16_000_000,
          sampledSystemUsec: 4_000_000,
        },
        { cpu: 2, usageUsec: 8, sampledUserUsec: 7, sampledSystemUsec: 0 },
      ],
    });
  });

  test('is exact for a CPU that was used for ten years', () => {
    const files = {
      'cpu/a/b/cpuacct.usage_all': 'cpu user system\n0 315360000123456789 1\n',
      'cpu/a/b/cpuacct.usage_percpu': '315360000123456789 \n',
    };
    expect(withCpuCgroup(1, files, readCpuUsage)).toMatchObject({
      cpus: [{ usageUsec: 315_360_000_123_456 }],
    });
  });

  test('reads the sums of cpuacct.stat where there is no cpuacct.usage_all', () => {
    const files = { 'cpu/a/b/cpuacct.stat': 'user 1001\nsystem 2\n' };
    expect(withCpuCgroup(1, files, readCpuUsage)).toEqual({
      kind: 'total',
      userUsec: 10_010_000,
      niceUsec: 0,
      systemUsec: 20_000,
    });
  });
});

describe('readCpuUsage() on v2', () => {
  test.each([
    ['usage_usec 30\nuser_usec 20\nsystem_usec 10\n', 0],
    ['usage_usec 30\nuser_usec 20\nsystem_usec 10\nnice_usec 7\nnr_periods 1\n', 7],
    // Sampled less precisely than the whole of which it is a part.
    ['usage_usec 30\nuser_usec 20\nsystem_usec 10\nnice_usec 21\n', 20],
  ])('reads cpu.stat of v2: %j', (text, niceUsec) => {
    const usage = withCpuCgroup(2, { 'a/b/cpu.stat': text }, readCpuUsage);
    expect(usage).toEqual({ kind: 'total', userUsec: 20, niceUsec, systemUsec: 10 });
  });

  test('does not take an ancestor’s usage for the container’s', () => {
    const files = { 'a/cpu.stat': 'usage_usec 30\nuser_usec 20\nsystem_usec 10\n' };
    expect(withCpuCgroup(2, files, readCpuUsage)).toBeUndefined();
    expect(withCpuCgroup(2, files, readCpuUsageUsec)).toBeUndefined();
    expect(withCpuCgroup(1, { 'cpu/a/cpuacct.usage': '5000\n' }, readCpuUsageUsec)).toBeUndefined();
  });
});

test.each([
  ['without its heading', '0 1 2\n', '3 \n'],
  ['with a line that is too short', `${usageAll}3 1\n`, '1 2 3 \n'],
  ['with a negative number', `${usageAll}3 1 -2\n`, '1 2 3 \n'],
  ['with more CPUs than cpuacct.usage_percpu', usageAll, '1 \n'],
])('readCpuUsage() refuses cpuacct.usage_all %s', (_, all, perCpu) => {
  const files = { 'cpu/a/b/cpuacct.usage_all': all, 'cpu/a/b/cpuacct.usage_percpu': perCpu };
  expect(() => withCpuCgroup(1, files, readCpuUsage)).toThrow(KernelFormatError);
});

test('readCpuUsage() refuses cpuacct.stat of another form', () => {
  const files = { 'cpu/a/b/cpuacct.stat': 'system 1\n' };
  expect(() => withCpuCgroup(1, files, readCpuUsage)).toThrow(KernelFormatError);
});

describe('readCpuUsageUsec()', () => {
  test('reads one number on both versions', () => {
    expect(withCpuCgroup(1, { 'cpu/a/b/cpuacct.usage': '12345678\n' }, readCpuUsageUsec)).toBe(
      12_345,
    );
    const stat = { 'a/b/cpu.stat': 'usage_usec 30\nuser_usec 20\nsystem_usec 10\n' };
    expect(withCpuCgroup(2, stat, readCpuUsageUsec)).toBe(30);
  });

  test('refuses what is no number', () => {
    const read = (version: 1 | 2, files: Record<string, string>) => () =>
      withCpuCgroup(version, files, readCpuUsageUsec);
    expect(read(1, { 'cpu/a/b/cpuacct.usage': '\n' })).toThrow(KernelFormatError);
    expect(read(2, { 'a/b/cpu.stat': 'user_usec 20\n' })).toThrow(KernelFormatError);
    expect(read(2, { 'a/b/cpu.stat': 'usage_usec x\n' })).toThrow(KernelFormatError);
  });
});
