// The execution domain of a thread (personality(2)). On some architectures the kernel's
// text depends on the domain of whoever reads it.

import { readTextFile } from './kept-file.ts';
import * as libc from './libc.ts';
import { isOutOfFds } from './out-of-fds.ts';

/** `32-bit`: PER_LINUX32, as `setarch linux32` gives it to programs built for a smaller machine. */
export type ExecutionDomain = 'native' | '32-bit';

const PER_MASK = 0xff;
const PER_LINUX = 0;
const PER_LINUX32 = 8;
/** Asks, and changes nothing. */
const QUERY = 0xffffffff;

/**
 * The domain of a thread; `native` when that can't be known: it has ended, or is
 * hidden from the daemon (`/proc/TID/personality` asks for the rights of ptrace(2)).
 */
export function readExecutionDomain(tid: number): ExecutionDomain {
  let text: string | undefined;
  try {
    text = readTextFile(`/proc/${tid}/personality`);
  } catch (error) {
    if (isOutOfFds(error)) throw error;
    return 'native';
  }
  const domain = Number.parseInt(text ?? '', 16) & PER_MASK;
  return domain === PER_LINUX32 ? '32-bit' : 'native';
}

/**
 * Runs with this thread in the domain, then puts it back. Only the domain changes, not
 * the flags beside it. Where the kernel refuses the domain it runs in the thread's own.
 */
export function inExecutionDomain<Result>(domain: ExecutionDomain, run: () => Result): Result {
  const own = libc.personality(QUERY);
  const wanted = (own & ~PER_MASK) | (domain === '32-bit' ? PER_LINUX32 : PER_LINUX);
  if (own === wanted || libc.personality(wanted) < 0) return run();
  try {
    return run();
  } finally {
    libc.personality(own);
  }
}
