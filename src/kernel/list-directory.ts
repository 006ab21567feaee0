// The folders in a folder of a pseudo file system.

import { readdirSync } from 'node:fs';
import { ENOENT } from './system-error.ts';

function errnoIn(error: unknown): number | undefined {
  return error instanceof Error && 'errno' in error ? Math.abs(Number(error.errno)) : undefined;
}

/** Names of the folders in `path`; `undefined` when it is gone. */
export function listDirectory(path: string): string[] | undefined {
  try {
    return readdirSync(path, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name);
  } catch (error) {
    if (errnoIn(error) === ENOENT) return undefined;
    throw error;
  }
}
