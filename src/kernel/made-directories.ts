// Directories that a command makes for itself and removes again.

import { chmodSync, lstatSync, mkdirSync, mkdtempSync, rmdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A new empty directory of its own; `stem` begins its name. */
export function makeTemporaryDirectory(stem: string): string {
  return mkdtempSync(join(tmpdir(), stem));
}

/** Makes a directory whose parent exists; throws when it is there already. */
export function makeNewDirectory(path: string): void {
  mkdirSync(path);
}

/**
 * Makes a directory, and what is missing above it, that this user alone may enter. Throws when
 * there is something else, or somebody else's.
 */
export function makePrivateDirectory(path: string): void {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  const stat = lstatSync(path);
  if (!stat.isDirectory()) throw new Error(`Cannot use ${path}: it is no directory`);
  if (stat.uid !== process.geteuid?.())
    throw new Error(`Cannot use ${path}: it is user ${stat.uid}'s`);
  chmodSync(path, 0o700);
}

export function removeEmptyDirectory(path: string): void {
  rmdirSync(path);
}

/** Writes one value to a kernel file; the reason when the kernel refuses. */
export function writeKernelFile(path: string, value: string): string | undefined {
  try {
    writeFileSync(path, value);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
