// The host's /sys/devices/system, asked anew each time. Paths are relative to it.

import type { CpuList } from '../kernel/cpu-list.ts';
import { parseCpuList } from '../kernel/cpu-list.ts';
import { parseCpuMask } from '../kernel/cpu-mask.ts';
import {
  type EntryStat,
  type ListedEntry,
  listEntries,
  statEntry,
} from '../kernel/directory-entries.ts';
import { KernelFormatError } from '../kernel/format-error.ts';
import { readLinkText, readTextFile } from '../kernel/kept-file.ts';
import { isOutOfFds } from '../kernel/out-of-fds.ts';
import { SystemError } from '../kernel/system-error.ts';

export type { EntryStat, EntryType, ListedEntry } from '../kernel/directory-entries.ts';

/** A file's text, or the errno with which the driver behind it refuses to tell. */
export type FileText = { readonly text: string } | { readonly errno: number };

export class SystemDevices {
  readonly #root: string;

  /** `prefix` is put before every path ('' on a real host). */
  constructor(prefix = '') {
    this.#root = `${prefix}/sys/devices/system`;
  }

  /** `undefined` when there is no such directory. */
  list(path: string): ListedEntry[] | undefined {
    return listEntries(`${this.#root}/${path}`);
  }

  /** Of what a link leads to. */
  stat(path: string): EntryStat | undefined {
    return statEntry(`${this.#root}/${path}`, true);
  }

  /** Of the link itself. */
  statLink(path: string): EntryStat | undefined {
    return statEntry(`${this.#root}/${path}`, false);
  }

  linkTarget(path: string): string | undefined {
    return readLinkText(`${this.#root}/${path}`);
  }

  read(path: string): FileText | undefined {
    try {
      const text = readTextFile(`${this.#root}/${path}`);
      return text === undefined ? undefined : { text };
    } catch (error) {
      const isRefusal = error instanceof SystemError && !isOutOfFds(error);
      if (isRefusal) return { errno: error.errno };
      throw error;
    }
  }

  /** The text of a file that everybody may read. */
  readText(path: string): string | undefined {
    const read = this.read(path);
    return read && 'text' in read ? read.text : undefined;
  }
}

function unlessMalformed(parse: () => CpuList): CpuList | undefined {
  try {
    return parse();
  } catch (error) {
    if (error instanceof KernelFormatError) return undefined;
    throw error;
  }
}

/** `undefined` for what is no list, such as the `(null)` of nohz_full. Nodes are listed as CPUs are. */
export function parseList(text: string): CpuList | undefined {
  return unlessMalformed(() => parseCpuList(text, 'a CPU list'));
}

export function parseMask(text: string): CpuList | undefined {
  return unlessMalformed(() => parseCpuMask(text, 'a CPU mask'));
}
