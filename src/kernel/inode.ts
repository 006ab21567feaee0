// Which file or folder a path means at this moment, however often the name is given anew.

import { statSync } from 'node:fs';

/** The inode's number; `undefined` when there is no such file. */
export function readInodeNumber(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.ino;
}
