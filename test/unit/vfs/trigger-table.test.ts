import { expect, test } from 'vitest';
import { mostTriggers, mostTriggersOfOwner, TriggerTable } from '../../../src/vfs/trigger-table.ts';

function makeTable(): TriggerTable {
  return new TriggerTable(TriggerTable.allocate());
}

test('fire() names whom to wake once, takeFired() tells of it once', () => {
  const table = makeTable();
  const slot = table.add({ handle: 7, fd: 30, owner: 1 });
  expect(table.fire(slot)).toBeUndefined();
  expect(table.takeFired(slot)).toBe(true);
  expect(table.takeFired(slot)).toBe(false);
  table.awaitBy(slot, 0xfedc_ba98_8765_4321n);
  expect(table.fire(slot)).toBe(0xfedc_ba98_8765_4321n);
  expect(table.fire(slot)).toBeUndefined();
});

test('break() names whom to wake, and nothing fires any more', () => {
  const table = makeTable();
  const slot = table.add({ handle: 7, fd: 30, owner: 1 });
  table.awaitBy(slot, 9n);
  expect(table.break(slot)).toBe(9n);
  expect(table.isBroken(slot)).toBe(true);
  table.awaitBy(slot, 9n);
  expect(table.fire(slot)).toBeUndefined();
  expect(table.takeFired(slot)).toBe(false);
});

test('hasRoom() counts for each owner, until what was released is closed', () => {
  const table = makeTable();
  for (let handle = 1; handle <= mostTriggersOfOwner; handle++) {
    expect(table.hasRoom(1)).toBe(true);
    table.add({ handle, fd: handle, owner: 1 });
  }
  expect(table.hasRoom(1)).toBe(false);
  expect(table.hasRoom(2)).toBe(true);
  table.release(5);
  expect(table.hasRoom(1)).toBe(false);
  const [released] = table.takeReleased();
  expect(released?.fd).toBe(5);
  expect(table.takeReleased()).toEqual([]);
  expect(table.hasRoom(1)).toBe(false);
  table.free(released?.slot ?? -1);
  expect(table.hasRoom(1)).toBe(true);
});

test('hasRoom() counts all owners together', () => {
  const table = makeTable();
  for (let handle = 1; handle <= mostTriggers; handle++) {
    table.add({ handle, fd: handle, owner: handle });
  }
  expect(table.hasRoom(0)).toBe(false);
  expect(() => table.add({ handle: 0, fd: 0, owner: 0 })).toThrow(RangeError);
});

test('a thread that takes over finds the triggers of the one before', () => {
  const memory = TriggerTable.allocate();
  const before = new TriggerTable(memory);
  const handle = 2 ** 40 + 2 ** 31 + 3;
  const slot = before.add({ handle, fd: 30, owner: 1 });
  before.add({ handle: 8, fd: 31, owner: 1 });
  before.release(8);
  const after = new TriggerTable(memory);
  expect(after.slotOf(handle)).toBe(slot);
  expect(after.slotOf(8)).toBeUndefined();
  expect(after.takeReleased().map(({ fd }) => fd)).toEqual([31]);
});

test('adopt() gives live triggers their fds, and breaks those whose fd is lost', () => {
  const table = makeTable();
  const [kept, lost, broken] = [1, 2, 3].map((handle) =>
    table.add({ handle, fd: 30 + handle, owner: 1 }),
  );
  if (kept === undefined || lost === undefined || broken === undefined) throw new Error('no slots');
  table.awaitBy(lost, 7n);
  table.break(broken);
  table.adopt((slot) => (slot === lost ? undefined : 40 + slot));
  expect(table.live()).toEqual([kept]);
  expect(table.fdOf(kept)).toBe(40 + kept);
  expect(table.takeDisappointed()).toEqual([7n]);
  expect(table.takeDisappointed()).toEqual([]);
  // Whoever closes what is released must find no number that is another file's by now.
  for (const handle of [2, 3]) table.release(handle);
  expect(table.takeReleased().map(({ fd }) => fd)).toEqual([-1, -1]);
});

test('refresh() finds what another server changed meanwhile', () => {
  const memory = TriggerTable.allocate();
  const before = new TriggerTable(memory);
  before.add({ handle: 5, fd: 30, owner: 1 });
  const after = new TriggerTable(memory);
  before.release(5);
  const slot = before.add({ handle: 6, fd: 31, owner: 1 });
  after.refresh();
  expect(after.slotOf(5)).toBeUndefined();
  expect(after.slotOf(6)).toBe(slot);
});

test('release() of a handle without a trigger does nothing', () => {
  const table = makeTable();
  table.release(1);
  expect(table.usedCount()).toBe(0);
});
