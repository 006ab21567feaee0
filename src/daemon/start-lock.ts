// One start at a time on a host, as far as daemons can see each other.

import { join } from 'node:path';
import { fileExists } from '../kernel/file-exists.ts';
import { withFileLock } from '../kernel/file-lock.ts';
import { makePrivateDirectory } from '../kernel/made-directories.ts';
import { runRoot } from './run-directory.ts';

/** Where no run-time directory can be made, starts are not kept apart. */
export function whileStartingAlone(start: () => void): void {
  const root = runRoot();
  try {
    makePrivateDirectory(root);
  } catch {
    // The control socket says why.
  }
  if (fileExists(root)) withFileLock(join(root, 'lock'), start);
  else start();
}
