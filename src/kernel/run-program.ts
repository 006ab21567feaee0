// Runs a program that answers with one line, while this thread waits.
//
// posix_spawn(3) starts it as vfork does, sharing this process's memory until it
// execs: fork would copy page tables, which for a Node process takes milliseconds.

import * as libc from './libc.ts';
import { isReadable } from './poll.ts';
import { SystemError } from './system-error.ts';

const O_CLOEXEC = 0o2000000;
const SIGKILL = 9;
const WNOHANG = 1;
/** For a process that was killed to end. */
const killedLimitMsec = 1000;

/** posix_spawn_file_actions_t has 80 bytes in glibc on 64-bit machines. */
const fileActions = Buffer.alloc(256);
const answerBuffer = Buffer.alloc(1024);
const pidOut = new Int32Array(1);
const statusOut = new Int32Array(1);
const pipeFds = new Int32Array(2);
/** To sleep on. */
const nobodyRings = new Int32Array(new SharedArrayBuffer(4));

export interface ProgramInput {
  readonly args?: readonly string[];
  /** What the program has as its standard input. */
  readonly stdinFd: number;
  /** Where it answers: standard output unless given. */
  readonly answerFd?: 1 | 2;
  /** It is killed if it takes longer. */
  readonly limitMsec: number;
}

/**
 * The first line that the program writes; empty when it ends without;
 * `undefined` when it is late. It has ended and is reaped when this returns, unless the kernel
 * does not let it end. Its environment is empty. Throws SystemError when it can't be started.
 */
export function runProgram(path: string, input: ProgramInput): string | undefined {
  libc.checked('make a pipe', () => libc.pipe2(pipeFds, O_CLOEXEC));
  const [readEnd = -1, writeEnd = -1] = pipeFds;
  try {
    const pid = spawnThenClose(path, input, writeEnd);
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
function spawnThenClose(path: string, input: ProgramInput, writeEnd: number): number {
  const { args = [], stdinFd, answerFd = 1 } = input;
  try {
    libc.spawnFileActionsInit(fileActions);
    libc.spawnFileActionsAddDup2(fileActions, stdinFd, 0);
    libc.spawnFileActionsAddDup2(fileActions, writeEnd, answerFd);
    const argv = [path, ...args, null];
    const errno = libc.posixSpawn(pidOut, path, fileActions, null, argv, [null]);
    libc.spawnFileActionsDestroy(fileActions);
    if (errno !== 0) throw new SystemError(`run ${path}`, errno);
    return pidOut[0] ?? 0;
  } finally {
    libc.close(writeEnd);
  }
}

function readAnswer(fd: number, limitMsec: number): string | undefined {
  const deadline = performance.now() + limitMsec;
  let answer = '';
  while (!answer.includes('\n')) {
    if (!isReadable(fd, Math.max(0, deadline - performance.now()))) return undefined;
    const length = libc.checked('read the answer of a program', () =>
      libc.read(fd, answerBuffer, answerBuffer.length),
    );
    if (length === 0) break;
    answer += answerBuffer.toString('latin1', 0, length);
  }
  return answer;
}

/**
 * A program that has answered is about to end by itself; one that has not is ended. What waits for
 * a FUSE server that has taken its request ends only with the answer, and is not waited for.
 */
function reap(pid: number): void {
  libc.kill(pid, SIGKILL);
  // Readable when the process has ended: to the point, where a timer would be late.
  const pidfd = libc.pidfdOpen(pid);
  try {
    if (pidfd < 0) waitInSteps(pid);
    else if (isReadable(pidfd, killedLimitMsec)) libc.waitpid(pid, statusOut, WNOHANG);
  } finally {
    if (pidfd >= 0) libc.close(pidfd);
  }
}

/** For when there is no fd left. */
function waitInSteps(pid: number): void {
  const deadline = performance.now() + killedLimitMsec;
  while (libc.waitpid(pid, statusOut, WNOHANG) === 0 && performance.now() < deadline) {
    Atomics.wait(nobodyRings, 0, 0, 1);
  }
}
