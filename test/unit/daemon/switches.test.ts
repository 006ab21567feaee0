import { expect, test } from 'vitest';
import {
  choicesOf,
  isSwitchName,
  Switches,
  type SwitchSettings,
  switchNames,
} from '../../../src/daemon/switches.ts';

const flags: SwitchSettings = {
  virtualization: 'on',
  swap: 'off',
  zswap: 'on',
  loadavg: 'on',
  cpus: 'cpuset',
};

test('Switches are as the flags say until they are set', () => {
  const switches = new Switches(Switches.allocate(), flags);
  for (const name of switchNames) expect(switches.get(name)).toBe(flags[name]);
  expect(switches.states().swap).toEqual({ position: 'off', isSet: false });
});

test('set() takes effect in all threads, and in a server that takes over with other flags', () => {
  const memory = Switches.allocate();
  const serving = new Switches(memory, flags);
  new Switches(memory, flags).set('virtualization', 'off');
  new Switches(memory, flags).set('cpus', 'quota');
  expect([serving.isOn('virtualization'), serving.get('cpus')]).toEqual([false, 'quota']);
  const later = new Switches(memory, { ...flags, swap: 'on' });
  expect([later.isOn('virtualization'), later.isOn('swap')]).toEqual([false, true]);
  expect(later.states().virtualization).toEqual({ position: 'off', isSet: true });
});

test("set() to 'default' makes the flag count again", () => {
  const switches = new Switches(Switches.allocate(), flags);
  switches.set('swap', 'on');
  switches.set('swap', 'default');
  expect(switches.states().swap).toEqual({ position: 'off', isSet: false });
});

test.each(switchNames)('set() of %s takes each of its choices', (name) => {
  const switches = new Switches(Switches.allocate(), flags);
  for (const position of choicesOf(name).slice(1)) {
    switches.set(name, position);
    expect(switches.get(name)).toBe(position);
  }
});

test('set() throws at other positions, and changes nothing', () => {
  const switches = new Switches(Switches.allocate(), flags);
  expect(() => switches.set('cpus', 'on')).toThrow(RangeError);
  expect(() => switches.set('swap', '')).toThrow(RangeError);
  expect(switches.states().cpus).toEqual({ position: 'cpuset', isSet: false });
});

test('get() takes a position of another version for one that nobody set', () => {
  const memory = Switches.allocate();
  new Int32Array(memory).fill(99);
  const switches = new Switches(memory, flags);
  expect(switches.get('swap')).toBe('off');
});

test('isSwitchName() knows names, not what objects inherit', () => {
  expect(switchNames.every(isSwitchName)).toBe(true);
  expect(['toString', '__proto__', '', undefined, 1].some(isSwitchName)).toBe(false);
});
