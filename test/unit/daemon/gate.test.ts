import { expect, test } from 'vitest';
import { Gate } from '../../../src/daemon/gate.ts';

test('open() lets in whoever waits or comes, and gives each slot that was left to one of them', () => {
  const memory = Gate.allocate();
  const gate = new Gate(memory);
  gate.open([0, 80, 7]);
  const first = new Gate(memory);
  const second = new Gate(memory);
  expect([first.wait(), second.wait()]).toEqual([true, true]);
  const taken = first.left().next().value;
  expect([taken, ...second.left()].sort()).toEqual([0, 7, 80]);
  expect([...first.left(), ...second.left(), ...new Gate(memory).left()]).toEqual([]);
});

test('close() sends them home', () => {
  const gate = new Gate(Gate.allocate());
  gate.close();
  expect(gate.wait()).toBe(false);
});
