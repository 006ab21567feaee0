// A program that enters the namespace and has a member of it send a message with pid 1
// in its credentials, which the kernel translates (native/ucred.c).
//
// Cannot work without CAP_SYS_ADMIN, without the program (no C compiler when nsproc was
// built), or where the daemon may not start programs. Far dearer than an ioctl, and the
// only way on kernels without one.

import { packagePath } from '../../kernel/package.ts';
import { readPidNumbers } from '../../kernel/pid-numbers.ts';
import { runProgram } from '../../kernel/run-program.ts';
import {
  ECANCELED,
  EIO,
  ENOMEM,
  ESRCH,
  ETIMEDOUT,
  SystemError,
} from '../../kernel/system-error.ts';
import { askForOwnInit, type InitStrategy, type Probe } from './init-strategy.ts';

const programPath = packagePath('native/build/ucred');

/** The last resort: the program limits itself to a second. */
const limitMsec = 3000;

/** The program's line: `pid NUMBER`, or `errno NUMBER STEP`. */
export function parseUcredAnswer(line: string): number | undefined {
  const [kind, digits = '', step = ''] = line.trim().split(' ');
  const number = Number(digits);
  if (kind === 'pid' && number > 0) return number;
  if (kind === 'errno' && number > 0) return failed(step, number);
  // Killed before it could answer, most likely.
  throw new SystemError(`understand ${programPath}, which answers ${JSON.stringify(line)}`, EIO);
}

function failed(step: string, errno: number): undefined {
  // A namespace whose init has ended takes no members: alloc_pid() says ENOMEM; and if
  // init ends just after, pid 1 means nobody in it.
  if (step === 'fork' && errno === ENOMEM) return undefined;
  if (step === 'send' && errno === ESRCH) return undefined;
  // Whoever traces that member chooses what it says of its own failure: none is the daemon's.
  const isItsWord = step === 'send' && errno !== ETIMEDOUT && errno !== ECANCELED;
  const what = `ask a member of the pid namespace for its init (${step})`;
  throw new SystemError(what, isItsWord ? EIO : errno);
}

function readInitPid(pidnsFd: number): number | undefined {
  const line = runProgram(programPath, { stdinFd: pidnsFd, limitMsec });
  if (line === undefined) throw new SystemError(`run ${programPath} in time`, ETIMEDOUT);
  const pid = parseUcredAnswer(line);
  // Whoever traces that member of the container can have it name any other one.
  const isInit = pid !== undefined && readPidNumbers(`/proc/${pid}`).at(-1) === 1;
  return isInit ? pid : undefined;
}

function probe(): Probe {
  try {
    const works = askForOwnInit(readInitPid);
    const reason = works
      ? 'a process can be started in the namespace and tells its init'
      : 'a process started in the own namespace does not tell pid 1';
    return { works, reason };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return { works: false, reason: error.message };
  }
}

export const ucredStrategy: InitStrategy = { name: 'ucred', probe, readInitPid };
