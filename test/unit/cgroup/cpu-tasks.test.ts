import { describe, expect, test } from 'vitest';
import { countTasks, KeptTaskCounts } from '../../../src/cgroup/tasks.ts';
import { withCpuCgroup } from '../../support/cpu-cgroup.ts';

function task(tid: number, state: string, comm = 'task'): Record<string, string> {
  const rest = `1 1 1 0 -1 4194560 ${'0 '.repeat(12)}100 ${'0 '.repeat(30)}`.trimEnd();
  return { [`proc/${tid}/task/${tid}/stat`]: `${tid} (${comm}) ${state} ${rest}\n` };
}

function countsOf(version: 1 | 2, files: Readonly<Record<string, string>>) {
  return withCpuCgroup(version, files, (cgroup, root) => countTasks(cgroup, `${root}/proc`));
}

describe('countTasks()', { timeout: 30_000 }, () => {
  test('counts R and D in the cgroup and in all below it', () => {
    const files = {
      'cpu/a/b/tasks': '10\n11\n12\n',
      'cpu/a/b/c/tasks': '13\n',
      'cpu/a/b/c/d/tasks': '14\n15\n',
      'cpu/a/tasks': '16\n',
      ...task(10, 'S'),
      ...task(11, 'R'),
      ...task(12, 'D', 'a) R (b'),
      ...task(13, 'R'),
      ...task(14, 'R'),
      ...task(15, 'D'),
      ...task(16, 'R'),
    };
    expect(countsOf(1, files)).toEqual({ running: 3, blocked: 2 });
  });

  test('counts threads on v2', () => {
    const files = { 'a/b/cgroup.threads': '10\n11\n', ...task(10, 'R'), ...task(11, 'R') };
    expect(countsOf(2, files)).toEqual({ running: 2, blocked: 0 });
  });

  test('counts at least the reader as running', () => {
    expect(countsOf(2, { 'a/b/cgroup.threads': '' })).toEqual({ running: 1, blocked: 0 });
    expect(countsOf(2, { 'a/cgroup.threads': '10\n' })).toEqual({ running: 1, blocked: 0 });
  });

  test('passes over tasks that have ended and tasks of other pid namespaces', () => {
    const files = { 'a/b/cgroup.threads': '0\n10\n11\n', ...task(11, 'D') };
    expect(countsOf(2, files)).toEqual({ running: 1, blocked: 1 });
  });

  test('looks at every k-th task of very many, each for k', () => {
    const tids = Array.from({ length: 1000 }, (_, index) => 100 + index);
    const files = {
      'a/b/cgroup.threads': `${tids.join('\n')}\n`,
      // Ten times 100: of these the tasks 100, 110, 120 are looked at.
      ...task(100, 'R'),
      ...task(101, 'R'),
      ...task(110, 'R'),
      ...task(120, 'D'),
    };
    expect(countsOf(2, files)).toEqual({ running: 20, blocked: 10 });
  });

  test('looks into a bounded number of cgroups', () => {
    const files: Record<string, string> = { 'a/b/cgroup.threads': '' };
    for (let index = 0; index < 70; index++) {
      files[`a/b/c${index}/cgroup.threads`] = `${1000 + index}\n`;
      Object.assign(files, task(1000 + index, 'R'));
    }
    expect(countsOf(2, files).running).toBe(63);
  });
});

describe('KeptTaskCounts', () => {
  test('counts again when its counts are too old', () => {
    let running = 0;
    const kept = new KeptTaskCounts(() => ({ running: ++running, blocked: 0 }), 1000);
    expect([kept.at(5000), kept.at(6000), kept.at(6001)].map((counts) => counts.running)).toEqual([
      1, 1, 2,
    ]);
  });
});
