// Starting a program that outlives this process, or becoming one.

import { spawn } from 'node:child_process';
import * as libc from './libc.ts';
import { passFdsOn } from './passed-fds.ts';
import { SystemError } from './system-error.ts';

const F_SETFD = 2;

export interface PassedFd {
  readonly name: string;
  readonly fd: number;
}

export interface ProgramStart {
  readonly program: string;
  readonly args: readonly string[];
  /** What it gets as sd_listen_fds_with_names(3) finds it, but without LISTEN_PID. */
  readonly fds: readonly PassedFd[];
  /** Whether it goes on writing to this process's standard error. */
  readonly inheritsStderr: boolean;
  /** Its working directory; this process's own, if missing. */
  readonly directory?: string;
}

export interface StartedProgram {
  hasEnded(): boolean;
}

/** Starts it in a session of its own, so that no terminal ends it. Rejects when it can't be started. */
export function startProgram(start: ProgramStart): Promise<StartedProgram> {
  const { program, args, fds, inheritsStderr, directory } = start;
  const { NOTIFY_SOCKET: _, ...environment } = process.env;
  const child = spawn(program, args, {
    detached: true,
    cwd: directory,
    stdio: ['ignore', 'ignore', inheritsStderr ? 'inherit' : 'ignore', ...fds.map(({ fd }) => fd)],
    env: {
      ...environment,
      LISTEN_FDS: String(fds.length),
      LISTEN_FDNAMES: fds.map(({ name }) => name).join(':'),
    },
  });
  child.unref();
  let hasEnded = false;
  child.once('exit', () => {
    hasEnded = true;
  });
  return new Promise((resolve, reject) => {
    child.once('spawn', () => resolve({ hasEnded: () => hasEnded }));
    child.once('error', reject);
  });
}

/**
 * This process becomes `argv`, with the same pid and the fds that were passed to it. Returns only by
 * throwing SystemError.
 */
export function becomeProgram(argv: readonly string[], environment: NodeJS.ProcessEnv): never {
  const [program = ''] = argv;
  // Node has set close-on-exec on the standard fds (uv_disable_stdio_inheritance()).
  for (const fd of [0, 1, 2]) libc.fcntl(fd, F_SETFD, 0);
  passFdsOn(environment);
  const variables = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
  libc.execve(program, [...argv, null], [...variables, null]);
  throw new SystemError(`run ${program}`, libc.lastErrno());
}
