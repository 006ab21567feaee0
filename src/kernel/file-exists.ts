// Whether a file is there, without opening it.

import { existsSync } from 'node:fs';

/** Also for a file that this process may not read. */
export function fileExists(path: string): boolean {
  return existsSync(path);
}
