import { expect, test } from 'vitest';
import { readNewestTask } from '../../../src/reader/newest-task.ts';
import { withTree } from '../../support/fixture.ts';

type Files = Record<string, string>;

/** A task with numbers in the namespaces from the daemon's down to its own. */
function task(numbers: readonly number[], startTicks: number): Files {
  const [tid = 0] = numbers;
  const rest = `1 1 1 0 -1 4194560 ${'0 '.repeat(12)}${startTicks} ${'0 '.repeat(30)}`.trimEnd();
  return {
    [`${tid}/task/${tid}/stat`]: `${tid} (sh) S ${rest}\n`,
    [`${tid}/status`]: `Name:\tsh\nNStgid:\t1\t9\nNSpid:\t${numbers.join('\t')}\nNSpgid:\t1\t9\n`,
  };
}

function newestOf(files: Files, callerTid: number, other?: { tid: number; startTicks: number }) {
  return withTree(files, (root) => readNewestTask(callerTid, other, root));
}

const caller = task([500, 12], 1000);

test('readNewestTask() is the caller when it is the newest', () => {
  expect(newestOf(caller, 500)).toEqual({ pid: 12, startTicks: 1000 });
  const older = { tid: 400, startTicks: 999 };
  expect(newestOf(caller, 500, older)).toEqual({ pid: 12, startTicks: 1000 });
  const itself = { tid: 500, startTicks: 1000 };
  expect(newestOf(caller, 500, itself)).toEqual({ pid: 12, startTicks: 1000 });
});

test('readNewestTask() is a newer task, as the caller numbers it', () => {
  const files = { ...caller, ...task([600, 13], 1001), ...task([601, 14, 2], 1002) };
  expect(newestOf(files, 500, { tid: 600, startTicks: 1001 })).toEqual({
    pid: 13,
    startTicks: 1001,
  });
  expect(newestOf(files, 500, { tid: 601, startTicks: 1002 })?.pid).toBe(14);
});

test('readNewestTask() compares numbers of tasks that started in the same tick', () => {
  const files = { ...caller, ...task([600, 11], 1000), ...task([601, 13], 1000) };
  expect(newestOf(files, 500, { tid: 600, startTicks: 1000 })?.pid).toBe(12);
  expect(newestOf(files, 500, { tid: 601, startTicks: 1000 })?.pid).toBe(13);
});

test('readNewestTask() passes over a task that has ended or is in no namespace of the caller', () => {
  expect(newestOf(caller, 500, { tid: 600, startTicks: 2000 })?.pid).toBe(12);
  const files = { ...caller, ...task([600], 2000) };
  expect(newestOf(files, 500, { tid: 600, startTicks: 2000 })?.pid).toBe(12);
});

test('readNewestTask() knows none when the caller has ended', () => {
  expect(newestOf({}, 500, { tid: 600, startTicks: 2000 })).toBeUndefined();
});
