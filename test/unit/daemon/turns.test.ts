import { expect, test } from 'vitest';
import { ControlBlock } from '../../../src/daemon/control-block.ts';
import { Turns } from '../../../src/daemon/turns.ts';

/** Four threads of which one takes requests. */
function makeScene() {
  const control = new ControlBlock(ControlBlock.allocate(4));
  control.setActive(1);
  const turns = new Turns(control);
  let unique = 0n;
  /** A look at which the first `threads` are at work, each on a new request. */
  const lookAt = (threads: number) => {
    for (let index = 0; index < 4; index++) {
      const record = control.inFlightOf(index);
      unique += 2n;
      if (index < threads) record.begin(unique);
      else record.end();
    }
    turns.look();
  };
  const looks = (count: number, threads: number) => {
    for (let look = 0; look < count; look++) lookAt(threads);
  };
  return { control, turns, looks };
}

test('ControlBlock.allocate() has all threads take requests', () => {
  expect(new ControlBlock(ControlBlock.allocate(3)).active()).toBe(3);
});

test('look() leaves one thread to work that is idle now and then', () => {
  const { control, looks } = makeScene();
  for (let round = 0; round < 20; round++) {
    looks(1, 1);
    looks(1, 0);
  }
  expect(control.active()).toBe(1);
});

test('look() adds a thread when all are at work nearly all the time', () => {
  const { control, looks } = makeScene();
  looks(6, 1);
  expect(control.active()).toBe(1);
  looks(1, 1);
  expect(control.active()).toBe(2);
  looks(7, 2);
  expect(control.active()).toBe(3);
});

test('look() adds a thread at once when a request is held up', () => {
  const { control, turns } = makeScene();
  control.inFlightOf(0).begin(8n);
  turns.look();
  expect(control.active()).toBe(1);
  turns.look();
  expect(control.active()).toBe(2);
});

test('look() sends a thread to wait when fewer were enough for some seconds', () => {
  const { control, looks } = makeScene();
  looks(14, 2);
  expect(control.active()).toBe(3);
  looks(49, 1);
  expect(control.active()).toBe(3);
  looks(120, 0);
  expect(control.active()).toBe(1);
});

test('stop() has all threads take requests', () => {
  const { control, turns } = makeScene();
  turns.stop();
  expect(control.active()).toBe(4);
});
