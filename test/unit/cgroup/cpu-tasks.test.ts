import { describe, expect, test } from 'vitest';
import { countTasks, countTasksAt, taskSiteOf } from '../../../src/cgroup/tasks.ts';
import { withCpuCgroup } from '../../support/cpu-cgroup.ts';

type Files = Record<string, string>;

function task(tid: number, state: string, { comm = 'task', startTicks = 100 } = {}): Files {
  const rest = `1 1 1 0 -1 4194560 ${'0 '.repeat(12)}${startTicks} ${'0 '.repeat(30)}`.trimEnd();
  return { [`proc/${tid}/task/${tid}/stat`]: `${tid} (${comm}) ${state} ${rest}\n` };
}

function countsOf(version: 1 | 2, files: Readonly<Files>) {
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
      ...task(12, 'D', { comm: 'a) R (b' }),
      ...task(13, 'R'),
      ...task(14, 'R'),
      ...task(15, 'D'),
      ...task(16, 'R'),
    };
    expect(countsOf(1, files)).toMatchObject({ running: 3, blocked: 2, total: 6 });
  });

  test('counts threads on v2', () => {
    const files = { 'a/b/cgroup.threads': '10\n11\n', ...task(10, 'R'), ...task(11, 'R') };
    expect(countsOf(2, files)).toMatchObject({ running: 2, blocked: 0, total: 2 });
  });

  test('counts at least the reader as running', () => {
    const alone = { running: 1, blocked: 0, total: 1 };
    expect(countsOf(2, { 'a/b/cgroup.threads': '' })).toMatchObject(alone);
    expect(countsOf(2, { 'a/cgroup.threads': '10\n' })).toMatchObject(alone);
  });

  test('passes over tasks that have ended and tasks of other pid namespaces', () => {
    const files = { 'a/b/cgroup.threads': '0\n10\n11\n', ...task(11, 'D') };
    expect(countsOf(2, files)).toMatchObject({ running: 1, blocked: 1, total: 2 });
  });
});

describe('what countTasks() looks at', { timeout: 30_000 }, () => {
  test('is every k-th task of very many, each for k', () => {
    const tids = Array.from({ length: 1000 }, (_, index) => 100 + index);
    const files = {
      'a/b/cgroup.threads': `${tids.join('\n')}\n`,
      // Ten times 100: of these the tasks 100, 110, 120 are looked at.
      ...task(100, 'R'),
      ...task(101, 'R'),
      ...task(110, 'R'),
      ...task(120, 'D'),
    };
    expect(countsOf(2, files)).toMatchObject({ running: 20, blocked: 10, total: 1000 });
  });

  test('is a bounded number of cgroups', () => {
    const files: Files = { 'a/b/cgroup.threads': '' };
    for (let index = 0; index < 70; index++) {
      files[`a/b/c${index}/cgroup.threads`] = `${1000 + index}\n`;
      Object.assign(files, task(1000 + index, 'R'));
    }
    expect(countsOf(2, files)).toMatchObject({ running: 63, total: 63, isPartial: true });
  });
});

describe('of each task', () => {
  test('countTasks() does not take for blocked what a freezer holds', () => {
    const files = { 'cpu/a/b/tasks': '10\n11\n', ...task(10, 'D'), ...task(11, 'D') };
    const frozen = { ...files, 'freezer/a/b/freezer.state': 'FROZEN\n' };
    const thawed = { ...files, 'freezer/a/b/freezer.state': 'THAWED\n' };
    expect([files, frozen, thawed].map((tree) => countsOf(1, tree).blocked)).toEqual([2, 0, 2]);
  });

  test('countTasks() tells the newest, and the age of the oldest', () => {
    const files = {
      'a/b/cgroup.threads': '10\n11\n12\n',
      ...task(10, 'S', { startTicks: 300 }),
      ...task(11, 'S', { startTicks: 500 }),
      ...task(12, 'S', { startTicks: 200 }),
    };
    expect(countsOf(2, files)).toMatchObject({
      newest: { tid: 11, startTicks: 500 },
      oldestStartTicks: 200,
      isPartial: false,
    });
  });
});

describe('countTasksAt()', () => {
  test('looks at each of very many tasks in its turn', () => {
    const files = {
      'a/b/cgroup.threads': '10\n11\n12\n13\n',
      ...task(10, 'S'),
      ...task(11, 'R'),
      ...task(12, 'S'),
      ...task(13, 'R'),
    };
    const running = withCpuCgroup(2, files, (cgroup, root) => {
      const site = taskSiteOf(cgroup);
      if (site === undefined) return [];
      const count = (turn: number) =>
        countTasksAt(site, { tasks: 2, cgroups: 9 }, turn, `${root}/proc`).running;
      return [0, 1, 2, 3].map(count);
    });
    expect(running).toEqual([0, 4, 0, 4]);
  });
});

describe('taskSiteOf()', () => {
  test('is the cgroup in a hierarchy in which the container is apart from the host', () => {
    const files = { 'cpu/release_agent': '', 'a/b/cgroup.threads': '' };
    const below = (path = '') => path.slice(path.indexOf('/cg/'));
    const siteBelow = (version: 1 | 2, membership?: string) =>
      withCpuCgroup(version, files, (cgroup) => taskSiteOf(cgroup), membership);
    expect(siteBelow(2)).toMatchObject({ version: 2 });
    expect(below(siteBelow(2)?.path)).toBe('/cg/a/b');
    expect(below(siteBelow(1)?.path)).toBe('/cg/cpu/a/b');
    expect(siteBelow(1, '2:cpuset:/a/b\n1:cpu,cpuacct:/\n')).toBeUndefined();
  });
});
