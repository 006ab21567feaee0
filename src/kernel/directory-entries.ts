// What is in a directory of a pseudo file system, and what stat(2) says of it.

import { type Dirent, lstatSync, readdirSync, type Stats, statSync } from 'node:fs';
import { EACCES, ENODEV, ENOENT, ENOTDIR } from './system-error.ts';

export type EntryType = 'directory' | 'file' | 'link';

export interface ListedEntry {
  readonly name: string;
  readonly type: EntryType;
}

export interface EntryStat {
  readonly type: EntryType;
  /** Type and permission bits. */
  readonly mode: number;
  readonly linkCount: number;
  readonly uid: number;
  readonly gid: number;
  readonly sizeBytes: number;
}

const goneErrnos: ReadonlySet<number> = new Set([ENOENT, ENOTDIR, ENODEV, EACCES]);

function isGone(error: unknown): boolean {
  if (!(error instanceof Error && 'errno' in error)) return false;
  return goneErrnos.has(Math.abs(Number(error.errno)));
}

/** Other types (sockets, devices) are none of a pseudo file system. */
function typeOf(entry: Dirent | Stats): EntryType | undefined {
  if (entry.isFile()) return 'file';
  if (entry.isDirectory()) return 'directory';
  return entry.isSymbolicLink() ? 'link' : undefined;
}

/** The entries in the kernel's order, without `.` and `..`; `undefined` when there is no such directory. */
export function listEntries(path: string): ListedEntry[] | undefined {
  try {
    return readdirSync(path, { withFileTypes: true }).flatMap((entry) => {
      const type = typeOf(entry);
      return type === undefined ? [] : [{ name: entry.name, type }];
    });
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
}

/** `undefined` when it is gone. A symbolic link is told as what it leads to if `follows`. */
export function statEntry(path: string, follows: boolean): EntryStat | undefined {
  try {
    const stats = follows ? statSync(path) : lstatSync(path);
    const { mode, nlink, uid, gid, size } = stats;
    const type = typeOf(stats);
    return type && { type, mode, linkCount: nlink, uid, gid, sizeBytes: size };
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
}
