// Directories that a command makes for itself and removes again.

import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  rmdirSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** A new empty directory of its own; `stem` begins its name. */
export function makeTemporaryDirectory(stem: string): string {
  return mkdtempSync(join(tmpdir(), stem));
}

/** Makes a directory whose parent exists; throws when it is there already. */
export function makeNewDirectory(path: string): void {
  mkdirSync(path);
}

/**
 * Makes the directory and its parents where they are missing; throws when it is a file.
 *
 * mkdirSync({recursive}) of Node 20 never returns in a file system where nothing can be made, such as
 * procfs, which says ENOENT.
 */
export function makeDirectories(path: string, mode: number): void {
  const parent = dirname(path);
  if (!existsSync(parent) && parent !== path) makeDirectories(parent, mode);
  try {
    mkdirSync(path, { mode });
  } catch (error) {
    if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) throw error;
  }
}

/**
 * Makes a directory, and what is missing above it, that this user alone may enter. Throws when
 * there is something else, or somebody else's.
 */
export function makePrivateDirectory(path: string): void {
  makeDirectories(path, 0o700);
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
