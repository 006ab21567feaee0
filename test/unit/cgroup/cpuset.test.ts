import { describe, expect, test } from 'vitest';
import { readCpuset } from '../../../src/cgroup/cpuset.ts';
import { withCpuCgroup } from '../../support/cpu-cgroup.ts';

describe('readCpuset()', () => {
  test('reads the effective CPUs of either version', () => {
    const v1 = { 'cpuset/a/b/cpuset.effective_cpus': '1,3\n', 'cpuset/a/b/cpuset.cpus': '0-7\n' };
    expect(withCpuCgroup(1, v1, readCpuset)).toEqual([1, 3]);
    const v2 = { 'a/b/cpuset.cpus.effective': '2-3\n', 'a/cpuset.cpus.effective': '0-3\n' };
    expect(withCpuCgroup(2, v2, readCpuset)).toEqual([2, 3]);
  });

  test('takes the nearest ancestor’s when the cgroup has none or an empty one', () => {
    const v2 = { 'a/b/cgroup.procs': '', 'a/cpuset.cpus.effective': '0-1\n' };
    expect(withCpuCgroup(2, v2, readCpuset)).toEqual([0, 1]);
    const v1 = {
      'cpuset/a/b/cpuset.effective_cpus': '\n',
      'cpuset/a/cpuset.effective_cpus': '4\n',
      'cpuset/cpuset.effective_cpus': '0-7\n',
    };
    expect(withCpuCgroup(1, v1, readCpuset)).toEqual([4]);
  });

  test('is undefined where cpusets are not used', () => {
    expect(withCpuCgroup(2, { 'a/b/cgroup.procs': '' }, readCpuset)).toBeUndefined();
  });
});
