import { expect, test } from 'vitest';
import { ControlBlock } from '../../../src/daemon/control-block.ts';

function makeControl(threads: number): ControlBlock {
  return new ControlBlock(ControlBlock.allocate(threads));
}

test('isIdle() is false while any thread has a request', () => {
  const control = makeControl(3);
  expect(control.isIdle()).toBe(true);
  const last = control.inFlightOf(2);
  last.begin(5n);
  expect(control.isIdle()).toBe(false);
  control.inFlightOf(0).begin(7n);
  last.end();
  expect(control.isIdle()).toBe(false);
  control.inFlightOf(0).end();
  expect(control.isIdle()).toBe(true);
});

test('answered() counts the requests of all threads', () => {
  const control = makeControl(2);
  for (let turn = 0; turn < 5; turn++) {
    const inFlight = control.inFlightOf(turn % 2);
    inFlight.begin(BigInt(turn + 1));
    inFlight.end();
  }
  control.inFlightOf(0).begin(9n);
  expect(control.answered()).toBe(5);
});

test('takeUnanswered() gives a request once, with all its 64 bits, and only of that thread', () => {
  const control = makeControl(2);
  const unique = 0xffff_ffff_ffff_fffen;
  control.inFlightOf(1).begin(unique);
  expect(control.takeUnanswered(0)).toBeUndefined();
  expect(control.takeUnanswered(1)).toBe(unique);
  expect(control.takeUnanswered(1)).toBeUndefined();
  expect(control.isIdle()).toBe(true);
});

test('takeUnanswered() gives nothing after end()', () => {
  const control = makeControl(1);
  const inFlight = control.inFlightOf(0);
  inFlight.begin(4n);
  inFlight.end();
  expect(control.takeUnanswered(0)).toBeUndefined();
});

test('two ControlBlocks over one memory see the same', () => {
  const memory = ControlBlock.allocate(2);
  new ControlBlock(memory).inFlightOf(1).begin(11n);
  expect(new ControlBlock(memory).takeUnanswered(1)).toBe(11n);
});
