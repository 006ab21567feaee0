// One cgroup of one hierarchy: its directory, and the controller files in it,
// each opened at first use and kept.

import { KernelFormatError } from '../kernel/format-error.ts';
import { KeptFile } from '../kernel/kept-file.ts';

/** Told of every text that was read, for those who explain where a number comes from. */
export type OnRead = (path: string, text: string) => void;

/**
 * The files of one cgroup directory. A name whose file does not exist is
 * remembered as absent for the life of this object, which is short (the cache
 * of containers drops it after some seconds).
 */
export class CgroupDirectory {
  readonly path: string;
  readonly #files = new Map<string, KeptFile | undefined>();
  readonly #onRead: OnRead | undefined;

  constructor(path: string, onRead?: OnRead) {
    this.path = path;
    this.#onRead = onRead;
  }

  #file(name: string): KeptFile | undefined {
    const known = this.#files.get(name);
    if (known !== undefined || this.#files.has(name)) return known;
    const file = KeptFile.open(`${this.path}/${name}`);
    this.#files.set(name, file);
    return file;
  }

  /** Whether the cgroup has such a file. */
  has(name: string): boolean {
    return this.#file(name) !== undefined;
  }

  /**
   * The text of a controller file at this moment; `undefined` when the cgroup
   * has no such file or is gone.
   */
  readText(name: string): string | undefined {
    return this.#told(name, this.#file(name)?.readText());
  }

  /** The same for what somebody sets, never for what is counted; see KeptFile.readSetting(). */
  readSetting(name: string): string | undefined {
    return this.#told(name, this.#file(name)?.readSetting());
  }

  #told(name: string, text: string | undefined): string | undefined {
    if (text !== undefined) this.#onRead?.(`${this.path}/${name}`, text);
    return text;
  }

  /** A single number in a file; `undefined` when there is no such file. `max` and -1 are `null`. */
  readLimit(name: string): number | null | undefined {
    const text = this.readSetting(name);
    return text === undefined ? undefined : parseLimit(text, `${this.path}/${name}`);
  }

  close(): void {
    for (const file of this.#files.values()) file?.close();
    this.#files.clear();
  }
}

/**
 * v1 says "no limit" with the largest multiple of the page size below 2^63
 * (PAGE_COUNTER_MAX), so anything near 2^63 is no limit.
 */
const noLimitAbove = 2 ** 62;

/** Kernel text of one limit: a number, or `max`, -1 or a huge number for none. */
function parseLimit(text: string, source: string): number | null {
  if (text.startsWith('max')) return null;
  const value = Number.parseInt(text, 10);
  if (Number.isNaN(value)) throw new KernelFormatError(source, text, 'a number or max');
  return value >= 0 && value < noLimitAbove ? value : null;
}

/** The smaller of two limits, where `null` is none. */
export function lowerLimit(a: number | null, b: number | null): number | null {
  if (a === null) return b;
  if (b === null) return a;
  return Math.min(a, b);
}
