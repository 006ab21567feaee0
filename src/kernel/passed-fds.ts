// The fds that whoever started this process passed on, as sd_listen_fds_with_names(3) finds them.

import { read } from 'node:fs';
import * as libc from './libc.ts';

const firstFd = 3;
const F_SETFD = 2;
const FD_CLOEXEC = 1;

/** The names in their order, whoever they are for. */
function namesIn(environment: NodeJS.ProcessEnv): string[] {
  const { LISTEN_FDS: count = '0', LISTEN_FDNAMES: names = '' } = environment;
  return count === '0' ? [] : names.split(':').slice(0, Number(count));
}

/** Not so those of somebody else, such as a wrapper that passed its environment on. */
function areForThisProcess(environment: NodeJS.ProcessEnv): boolean {
  return Number(environment['LISTEN_PID']) === process.pid;
}

function passedNames(environment: NodeJS.ProcessEnv): string[] {
  return areForThisProcess(environment) ? namesIn(environment) : [];
}

/** Whether there is one of this name. */
export function hasPassedFd(environment: NodeJS.ProcessEnv, name: string): boolean {
  return passedNames(environment).includes(name);
}

/** The program that this process becomes gets what was passed to it. Node has set close-on-exec. */
export function passFdsOn(environment: NodeJS.ProcessEnv): void {
  passedNames(environment).forEach((_, index) => {
    libc.fcntl(firstFd + index, F_SETFD, 0);
  });
}

/**
 * By name. Each is this process's alone from here on: programs that it starts neither get them
 * nor hear of them.
 */
export function takePassedFds(environment: NodeJS.ProcessEnv): Map<string, number> {
  const names = namesIn(environment);
  const areOurs = areForThisProcess(environment);
  for (const name of ['LISTEN_PID', 'LISTEN_FDS', 'LISTEN_FDNAMES']) delete environment[name];
  const fds = new Map<string, number>();
  names.forEach((name, index) => {
    const fd = firstFd + index;
    if (libc.fcntl(fd, F_SETFD, FD_CLOEXEC) === 0) fds.set(name, fd);
  });
  return areOurs ? fds : new Map();
}

/** The next byte of a pipe; `undefined` when its other end was closed, or it can't be read. */
export function readByte(fd: number): Promise<number | undefined> {
  const byte = Buffer.alloc(1);
  return new Promise((resolve) => {
    read(fd, byte, 0, 1, null, (error, count) => {
      libc.close(fd);
      resolve(error === null && count === 1 ? byte[0] : undefined);
    });
  });
}
