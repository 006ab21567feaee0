// Runs a program that answers with one line, while this thread waits.
//
// posix_spawn(3) starts it as vfork does, sharing this process's memory until it
// execs: fork would copy page tables, which for a Node process takes milliseconds.

import * as libc from './libc.ts';
import { isReadable } from './poll.ts';
import { SystemError } from './system-error.ts';

const O_CLOEXEC = 0o2000000;
const SIGKILL = 9;

/** posix_spawn_file_actions_t has 80 bytes in glibc on 64-bit machines. */
const fileActions = Buffer.alloc(256);
/** The longest line that pipe(7) promises to deliver in one piece is longer than this. */
const answerBuffer = Buffer.alloc(1024);
const pidOut = new Int32Array(1);
const statusOut = new Int32Array(1);
const pipeFds = new Int32Array(2);

export interface ProgramInput {
  /** What the program has as its standard input. */
  readonly stdinFd: number;
  /** It is killed if it takes longer. */
  readonly limitMsec: number;
}

/**
 * The one line that the program writes with one write(2); empty when it ends without;
 * `undefined` when it is late. It has ended and is reaped when this returns. Throws
 * SystemError when it can't be started.
 */
export function runProgram(path: string, input: ProgramInput): string | undefined {
  libc.checked('make a pipe', () => libc.pipe2(pipeFds, O_CLOEXEC));
  const [readEnd = -1, writeEnd = -1] = pipeFds;
  try {
    const pid = spawnThenClose(path, input.stdinFd, writeEnd);
    try {
      return readAnswer(readEnd, input.limitMsec);
    } finally {
      reap(pid);
    }
  } finally {
    libc.close(readEnd);
  }
}

/** This process's copy of the write end is closed, so that the pipe ends with the program. */
function spawnThenClose(path: string, stdinFd: number, stdoutFd: number): number {
  try {
    libc.spawnFileActionsInit(fileActions);
    libc.spawnFileActionsAddDup2(fileActions, stdinFd, 0);
    libc.spawnFileActionsAddDup2(fileActions, stdoutFd, 1);
    const errno = libc.posixSpawn(pidOut, path, fileActions, null, [path, null], [null]);
    libc.spawnFileActionsDestroy(fileActions);
    if (errno !== 0) throw new SystemError(`run ${path}`, errno);
    return pidOut[0] ?? 0;
  } finally {
    libc.close(stdoutFd);
  }
}

function readAnswer(fd: number, limitMsec: number): string | undefined {
  if (!isReadable(fd, limitMsec)) return undefined;
  const length = libc.checked('read the answer of a program', () =>
    libc.read(fd, answerBuffer, answerBuffer.length),
  );
  return answerBuffer.toString('latin1', 0, length);
}

/** A program that has answered is about to end by itself; one that has not is ended. */
function reap(pid: number): void {
  libc.kill(pid, SIGKILL);
  libc.checked(`wait for process ${pid}`, () => libc.waitpid(pid, statusOut, 0));
}
