// Where a running daemon can be reached: a directory of its own below /run, named after its mount
// point as `systemd-escape --path` names it.

import { createHash } from 'node:crypto';
import { join, resolve } from 'node:path';

/** The longest path of a socket that is used; the kernel takes 107 bytes (unix(7)). */
const longestSocketPath = 100;
const socketName = 'control';

/** Where a daemon serves that is told nothing else. */
export const defaultMountPoint = '/var/lib/nsproc';

/** Below which all daemons of this host have their directories: an absolute path. */
export function runRoot(): string {
  return resolve(process.env['NSPROC_RUN_DIRECTORY'] || '/run/nsproc');
}

/** The directory of the daemon that serves at this absolute path. */
export function runDirectoryOf(mountPoint: string, root = runRoot()): string {
  const directory = join(root, escapedPath(mountPoint));
  if (Buffer.byteLength(join(directory, socketName)) <= longestSocketPath) return directory;
  return join(root, createHash('sha256').update(mountPoint).digest('hex').slice(0, 32));
}

/** The socket on which that daemon answers. */
export function controlSocketOf(mountPoint: string, root = runRoot()): string {
  return join(runDirectoryOf(mountPoint, root), socketName);
}

/** The socket on which a keeper listens, when one serves there in place of a daemon. */
export function keeperSocketOf(mountPoint: string, root = runRoot()): string {
  return join(runDirectoryOf(mountPoint, root), 'keeper');
}

/** The path as one name: `/var/lib/my files` becomes `var-lib-my\x20files`. */
function escapedPath(path: string): string {
  const names = path.split('/').filter((name) => name !== '');
  if (names.length === 0) return '-';
  const bytes = Buffer.from(names.join('/'));
  return Array.from(bytes, (byte, index) => escapedByte(byte, index === 0)).join('');
}

function escapedByte(byte: number, isFirst: boolean): string {
  const char = String.fromCharCode(byte);
  if (char === '/') return '-';
  const isPlain = /[A-Za-z0-9:_.]/.test(char) && !(isFirst && char === '.');
  return isPlain ? char : `\\x${byte.toString(16).padStart(2, '0')}`;
}
