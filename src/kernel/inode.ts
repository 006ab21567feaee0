// Which file or folder a path means at this moment, however often the name is given anew.

import { statSync } from 'node:fs';

export interface Inode {
  readonly number: number;
  readonly uid: number;
}

/** `undefined` when there is no such file. */
export function readInode(path: string): Inode | undefined {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats && { number: stats.ino, uid: stats.uid };
}
