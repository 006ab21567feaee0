// What containers are shown, as it can be changed while the daemon runs. The flags say how it
// starts; what somebody set since then lies in shared memory, where serving threads look at
// each request and a server that takes over finds it.

import type { ServeOptions } from './serve-options.ts';
import { cpuPolicies, switchPositions } from './serve-options.ts';
import type { RegionSpec } from './state-file.ts';

/** Append, never reorder: the place in the list is the place in memory. */
export const switchNames = ['virtualization', 'swap', 'zswap', 'loadavg', 'cpus'] as const;
export type SwitchName = (typeof switchNames)[number];
export type SwitchSettings = Readonly<Pick<ServeOptions, SwitchName>>;

type Positions = { readonly [Name in SwitchName]: readonly SwitchSettings[Name][] };

/** What each can be set to; the first is 1 in memory, and 0 is as the flag says. */
const positionsOf: Positions = {
  virtualization: switchPositions,
  swap: switchPositions,
  zswap: switchPositions,
  loadavg: switchPositions,
  cpus: cpuPolicies,
};

/** Takes back what was set: the flag counts again. */
const asStarted = 'default';
/** Room for switches of later versions. */
const words = 16;

export interface SwitchState {
  readonly position: string;
  /** Whether somebody set it since the start. */
  readonly isSet: boolean;
}

export class Switches {
  readonly #words: Int32Array;
  readonly #started: SwitchSettings;

  static readonly region: RegionSpec = { name: 'switches', version: 1, byteLength: words * 4 };

  static allocate(): SharedArrayBuffer {
    return new SharedArrayBuffer(words * 4);
  }

  constructor(memory: ArrayBufferLike, started: SwitchSettings) {
    this.#words = new Int32Array(memory, 0, words);
    this.#started = started;
  }

  get<Name extends SwitchName>(name: Name): SwitchSettings[Name] {
    return this.#setPosition(name) ?? this.#started[name];
  }

  isOn(name: Exclude<SwitchName, 'cpus'>): boolean {
    return this.get(name) === 'on';
  }

  /** Preconditions: `position` is one of choicesOf(name). */
  set(name: SwitchName, position: string): void {
    const value = choicesOf(name).indexOf(position);
    if (value < 0) throw new RangeError(`Cannot set ${name} to ${JSON.stringify(position)}`);
    Atomics.store(this.#words, switchNames.indexOf(name), value);
  }

  states(): Readonly<Record<SwitchName, SwitchState>> {
    const stateOf = (name: SwitchName): SwitchState => ({
      position: this.get(name),
      isSet: this.#setPosition(name) !== undefined,
    });
    return {
      virtualization: stateOf('virtualization'),
      swap: stateOf('swap'),
      zswap: stateOf('zswap'),
      loadavg: stateOf('loadavg'),
      cpus: stateOf('cpus'),
    };
  }

  /** `undefined` also for a position that only another version knows. */
  #setPosition<Name extends SwitchName>(name: Name): SwitchSettings[Name] | undefined {
    const word = Atomics.load(this.#words, switchNames.indexOf(name));
    if (word === 0) return undefined;
    const positions: Positions[Name] = positionsOf[name];
    return positions[word - 1];
  }
}

/** What a switch can be set to, in the order of the words in memory. */
export function choicesOf(name: SwitchName): readonly string[] {
  return [asStarted, ...positionsOf[name]];
}

export function isSwitchName(name: unknown): name is SwitchName {
  return switchNames.some((known) => known === name);
}
