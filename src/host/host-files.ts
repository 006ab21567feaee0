// The host's own files, kept open: what stands in for a container's text, and
// what container texts take their other lines from.

import { fileExists } from '../kernel/file-exists.ts';
import { KeptFile } from '../kernel/kept-file.ts';

/** Files that arrive in one read (single_open() in fs/proc); others may come in pieces. */
const singleRecord = new Set(['/proc/uptime', '/proc/meminfo', '/proc/stat']);

/** Absolute paths of the host's files, each opened at its first use. */
export class HostFiles {
  readonly #prefix: string;
  readonly #files = new Map<string, KeptFile>();

  /** `prefix` is put before every path ('' on a real host). */
  constructor(prefix = '') {
    this.#prefix = prefix;
  }

  /** The text of a file at this moment; `undefined` when the host has none of that name. */
  readText(path: string): string | undefined {
    let file = this.#files.get(path);
    if (file === undefined) {
      file = KeptFile.open(this.#prefix + path, { manyRecords: !singleRecord.has(path) });
      if (file === undefined) return undefined;
      this.#files.set(path, file);
    }
    return file.readText();
  }

  /** Whether the host has such a file, also one that the daemon may not read. */
  has(path: string): boolean {
    return this.#files.has(path) || fileExists(this.#prefix + path);
  }

  close(): void {
    for (const file of this.#files.values()) file.close();
    this.#files.clear();
  }
}
