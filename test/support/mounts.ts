// What is mounted where, and how to be rid of it.

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

export interface Mount {
  readonly mountPoint: string;
  readonly type: string;
}

function readMounts(): Mount[] {
  const lines = readFileSync('/proc/self/mountinfo', 'utf8').split('\n');
  return lines.map((line) => {
    const [left = '', right = ''] = line.split(' - ');
    return { mountPoint: left.split(' ')[4] ?? '', type: right.split(' ')[0] ?? '' };
  });
}

/** The mounts at a folder and below it, the innermost and last mounted first. */
export function mountsBelow(dir: string): Mount[] {
  return readMounts()
    .filter(({ mountPoint }) => mountPoint === dir || mountPoint.startsWith(`${dir}/`))
    .reverse();
}

/** Takes all of them away, also those in use and those whose server is gone. */
export function unmountBelow(dir: string): void {
  for (const { mountPoint } of mountsBelow(dir)) {
    // --no-canonicalize: a dead FUSE server's mount point cannot be looked at.
    const { status, stderr } = spawnSync('umount', ['--lazy', '--no-canonicalize', mountPoint]);
    if (status !== 0) throw new Error(`Cannot unmount ${mountPoint}: ${stderr.toString()}`);
  }
}
