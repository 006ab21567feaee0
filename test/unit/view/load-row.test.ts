import { describe, expect, test } from 'vitest';
import { advanceLoads, loadTickUsec, noLoad } from '../../../src/view/load-average.ts';
import {
  countedForUsec,
  type LoadReading,
  LoadRow,
  loadRowLength,
} from '../../../src/view/load-row.ts';

const site = { version: 1, path: '/cg/cpu/möwe', freezerPath: '/cg/freezer/möwe' } as const;
const startUsec = 1e12;
const sliceUsec = 1000;

function makeRow(): LoadRow {
  return new LoadRow(new Float64Array(loadRowLength));
}

function readingAt(nowUsec: number, changed: Partial<LoadReading> = {}): LoadReading {
  return {
    nowUsec,
    site,
    usedUsec: 0,
    newest: { pidnsInode: 7, pid: 1, startTicks: 100 },
    history: () => ({ startedAtUsec: startUsec, cpuCount: 4 }),
    ...changed,
  };
}

const atTick = (tick: number) => startUsec + tick * loadTickUsec;

function count(row: LoadRow, tick: number, active: number, spentUsec = 0): boolean {
  const nowUsec = atTick(tick);
  const order = row.order(nowUsec, sliceUsec);
  if (order?.site === undefined) return false;
  row.record({ nowUsec, counts: { running: active, blocked: 0, total: 9 }, spentUsec });
  return true;
}

describe('a container that is read for the first time', () => {
  test('has no load when it has just begun', () => {
    const load = makeRow().read(readingAt(startUsec + 1000, { usedUsec: 900 }));
    expect(load).toMatchObject({ averages: [0, 0, 0], lastPid: 1, isUncounted: true });
  });

  test('has the load of the tasks that used its CPU time, on average', () => {
    const nowUsec = atTick(100) + 17;
    const usedUsec = 1.5 * (nowUsec - startUsec);
    const { averages } = makeRow().read(readingAt(nowUsec, { usedUsec }));
    expect(averages).toEqual(advanceLoads(noLoad, 1.5, 100));
    expect((averages[0] ?? 0) / 2048).toBeCloseTo(1.5, 2);
  });

  test('never had more tasks running than it has CPUs', () => {
    const reading = readingAt(atTick(12), { usedUsec: 1e15 });
    expect(makeRow().read(reading).averages).toEqual(advanceLoads(noLoad, 4, 12));
  });

  test('has no load when its CPU time or its start make no sense', () => {
    expect(makeRow().read(readingAt(atTick(5), { usedUsec: -5 })).averages).toEqual(noLoad);
    expect(makeRow().read(readingAt(startUsec - 5)).averages).toEqual(noLoad);
  });
});

describe('a container that is counted', () => {
  test('moves at its own ticks by what is counted', () => {
    const row = makeRow();
    row.read(readingAt(startUsec));
    expect(row.order(atTick(0) + 4e6, sliceUsec)).toEqual({ dueUsec: atTick(1) });
    expect(row.order(atTick(1), sliceUsec)).toEqual({ dueUsec: atTick(1), site });
    const counts = { running: 2, blocked: 1, total: 12 };
    expect(row.record({ nowUsec: atTick(1) + 300, counts, spentUsec: 9 })).toBe(atTick(2));
    expect(row.read(readingAt(atTick(1) + 400))).toMatchObject({
      averages: advanceLoads(noLoad, 3, 1),
      counts: { running: 2, total: 12 },
      isUncounted: false,
    });
  });

  test('goes on with what was counted last when it cannot be counted', () => {
    const row = makeRow();
    row.read(readingAt(startUsec));
    count(row, 1, 3);
    row.order(atTick(2), sliceUsec);
    row.record({ nowUsec: atTick(2), counts: undefined, spentUsec: 0 });
    const twice = advanceLoads(advanceLoads(noLoad, 3, 1), 3, 1);
    expect(row.read(readingAt(atTick(2))).averages).toEqual(twice);
  });

  test('makes up for ticks that came too late', () => {
    const row = makeRow();
    row.read(readingAt(startUsec));
    expect(count(row, 4, 2)).toBe(true);
    expect(row.read(readingAt(atTick(4))).averages).toEqual(advanceLoads(noLoad, 2, 4));
  });

  test('is left out at ticks until what it cost is made up for', () => {
    const row = makeRow();
    row.read(readingAt(startUsec));
    expect(count(row, 1, 2, 4 * sliceUsec)).toBe(true);
    const counted = [2, 3, 4, 5, 6].map((tick) => count(row, tick, 0, sliceUsec));
    expect(counted).toEqual([false, false, true, true, true]);
  });

  test('keeps what it did not need for one tick, not more', () => {
    const row = makeRow();
    row.read(readingAt(startUsec));
    for (let tick = 1; tick < 20; tick++) expect(count(row, tick, 0, 0.5 * sliceUsec)).toBe(true);
    expect(count(row, 20, 0, 2 * sliceUsec)).toBe(true);
    expect([21, 22, 23].map((tick) => count(row, tick, 0, 0))).toEqual([true, true, true]);
    expect(count(row, 24, 0, 3.5 * sliceUsec)).toBe(true);
    expect([25, 26, 27].map((tick) => count(row, tick, 0, 0))).toEqual([false, false, true]);
  });
});

describe('a container that nobody reads', () => {
  test('is not counted any more, and makes up for that by its CPU time', () => {
    const row = makeRow();
    row.read(readingAt(startUsec, { usedUsec: 5e6 }));
    expect(row.order(startUsec + countedForUsec, sliceUsec)).toBeDefined();
    expect(row.order(startUsec + countedForUsec + 1, sliceUsec)).toBeUndefined();
    const nowUsec = atTick(1000);
    const usedUsec = 5e6 + 0.5 * (nowUsec - startUsec);
    const load = row.read(readingAt(nowUsec, { usedUsec }));
    expect(load.isUncounted).toBe(true);
    expect((load.averages[0] ?? 0) / 2048).toBeCloseTo(0.5, 2);
    expect(row.order(nowUsec + loadTickUsec, sliceUsec)?.site).toEqual(site);
  });

  test('was never there when its row is empty', () => {
    expect(makeRow().order(1, sliceUsec)).toBeUndefined();
  });
});

describe('the last pid', () => {
  function pidsOf(...newest: LoadReading['newest'][]): number[] {
    const row = makeRow();
    return newest.map((task) => row.read(readingAt(startUsec, { newest: task })).lastPid);
  }

  test('is that of the newest task that was ever seen', () => {
    const task = (pid: number, startTicks: number) => ({ pidnsInode: 7, pid, startTicks });
    expect(pidsOf(task(5, 500), task(9, 900), task(3, 100), task(4, 901))).toEqual([5, 9, 9, 4]);
    expect(pidsOf(task(5, 500), task(4, 500), task(6, 500))).toEqual([5, 5, 6]);
  });

  test('is one of the namespace of who reads', () => {
    const first = { pidnsInode: 7, pid: 50, startTicks: 900 };
    expect(pidsOf(first, { pidnsInode: 8, pid: 2, startTicks: 300 })).toEqual([50, 2]);
  });
});

test('fits() is about the bytes of both paths', () => {
  expect(LoadRow.fits(site)).toBe(true);
  expect(LoadRow.fits({ ...site, path: 'x'.repeat(2000) })).toBe(true);
  expect(LoadRow.fits({ ...site, path: 'ö'.repeat(1020) })).toBe(false);
});
