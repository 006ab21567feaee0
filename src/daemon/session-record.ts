// The few numbers of a session that each of its servers needs of the one before.

import type { RegionSpec } from './state-file.ts';

/** 64-bit floats. */
const START_TIME_SEC = 0;
const TAKE_OVERS = 1;
const IS_ENDING = 2;
const IS_PRESSURE_MOUNTED = 3;
const SERVER_PID = 4;
/** Devices of the file systems: major numbers above minor ones; 0 is none. Also in native/state.h. */
const TREE_DEVICE = 5;
const PRESSURE_DEVICE = 6;
const minorSize = 2 ** 20;
const words = 32;

export class SessionRecord {
  static readonly region: RegionSpec = { name: 'session', version: 1, byteLength: words * 8 };
  readonly #words: Float64Array;

  constructor(memory: ArrayBufferLike) {
    this.#words = new Float64Array(memory);
  }

  /** When the first server of the session started, seconds since 1970: times of all nodes. */
  startTimeSec(nowSec: number): number {
    if (this.#words[START_TIME_SEC] === 0) this.#words[START_TIME_SEC] = nowSec;
    return this.#words[START_TIME_SEC] ?? nowSec;
  }

  /** How often a server took the connections over from another one. */
  takeOvers(): number {
    return this.#words[TAKE_OVERS] ?? 0;
  }

  /** Whether the last server meant to end. */
  wasEnding(): boolean {
    return this.#words[IS_ENDING] === 1;
  }

  setEnding(isEnding: boolean): void {
    this.#words[IS_ENDING] = Number(isEnding);
  }

  countTakeOver(): void {
    this.#words[TAKE_OVERS] = this.takeOvers() + 1;
  }

  /** The process that serves, or served last. */
  serverPid(): number {
    return this.#words[SERVER_PID] ?? 0;
  }

  setServerPid(pid: number): void {
    this.#words[SERVER_PID] = pid;
  }

  /** `MAJOR:MINOR` of a connection's file system, which may be out of sight by now. */
  device(connection: 'tree' | 'pressure'): string | undefined {
    const number = this.#words[connection === 'tree' ? TREE_DEVICE : PRESSURE_DEVICE] ?? 0;
    if (number === 0) return undefined;
    return `${Math.floor(number / minorSize)}:${number % minorSize}`;
  }

  setDevice(connection: 'tree' | 'pressure', device: string | undefined): void {
    const [major = 0, minor = 0] = (device ?? '0:0').split(':').map(Number);
    this.#words[connection === 'tree' ? TREE_DEVICE : PRESSURE_DEVICE] = major * minorSize + minor;
  }

  isPressureMounted(): boolean {
    return this.#words[IS_PRESSURE_MOUNTED] === 1;
  }

  setPressureMounted(isMounted: boolean): void {
    this.#words[IS_PRESSURE_MOUNTED] = Number(isMounted);
  }
}
