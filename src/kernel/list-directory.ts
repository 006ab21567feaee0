// The folders in a folder of a pseudo file system.

import { type Dir, opendirSync, statSync } from 'node:fs';
import { ENODEV, ENOENT } from './system-error.ts';

function isGone(error: unknown): boolean {
  if (!(error instanceof Error && 'errno' in error)) return false;
  const errno = Math.abs(Number(error.errno));
  return errno === ENOENT || errno === ENODEV;
}

/**
 * Of a folder without folders in it: its name and its `.`, where `..` of each folder in it would
 * be one more; file systems that don't count them say 1. Far cheaper to ask than to list.
 */
const linksOfLeaf = 2;

/** Names of at most `most` folders in `path`, the first ones found; none when it is gone. */
export function listDirectory(path: string, most: number): string[] {
  const names: string[] = [];
  let directory: Dir | undefined;
  try {
    if (statSync(path).nlink === linksOfLeaf) return names;
    directory = opendirSync(path);
    let entry = directory.readSync();
    while (entry !== null && names.length < most) {
      if (entry.isDirectory()) names.push(entry.name);
      entry = directory.readSync();
    }
  } catch (error) {
    if (!isGone(error)) throw error;
  } finally {
    directory?.closeSync();
  }
  return names;
}
