// A lock among processes that ends with its holder: flock(2).

import * as libc from './libc.ts';

const O_RDWR = 2;
const O_CREAT = 0o100;
const O_CLOEXEC = 0o2000000;
const LOCK_EX = 2;

/** Runs `section` while no other process does so with the same file, which is made if missing. */
export function withFileLock<Result>(path: string, section: () => Result): Result {
  const flags = O_RDWR | O_CREAT | O_CLOEXEC;
  const fd = libc.checked(`open ${path}`, () => libc.open(path, flags, 0o600));
  try {
    libc.checked(`lock ${path}`, () => libc.flock(fd, LOCK_EX));
    return section();
  } finally {
    libc.close(fd);
  }
}
