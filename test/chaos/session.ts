// A session at one mount point, whoever serves it: a test kills its processes, and starts it again.

import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { askDaemon } from '../../src/daemon/control-client.ts';
import { cleanAtExit } from '../support/at-exit.ts';
import { mountsBelow, unmountBelow } from '../support/mounts.ts';
import { hasPressure } from '../support/pressure-mount.ts';
import { findByCommandLine, findDescendants } from '../support/processes.ts';
import { killServing } from '../support/serving-processes.ts';
import type { Teardown } from '../support/teardown.ts';
import { slowness } from './chaos-length.ts';

const patienceMsec = 30_000 * slowness;

export interface Session {
  readonly mountPoint: string;
  /** All that its servers wrote. */
  log(): string;
  /** How often a server has said that it serves. */
  beginnings(): number;
  /** How often the holder said that a server was killed. */
  deaths(): number;
  /** Until a server has begun, after so many earlier beginnings. */
  untilBegun(earlier: number): Promise<void>;
  /** The same where nobody can read the log: until a server listens that is not this one. */
  untilAnother(earlier: number): Promise<void>;
  holderPid(): number;
  /** The server that answers; 0 while there is none. */
  serverPid(): number;
  /** As a person starts it, by hand. */
  start(): void;
}

export interface SessionOptions {
  /** Where all that serve write to, if the test shall not see it. */
  readonly logFd?: number;
}

/** Waits for what is looked for often: a time measured by the test depends on it. */
export async function until(what: string, isSo: () => boolean): Promise<void> {
  const deadline = performance.now() + patienceMsec;
  while (!isSo()) {
    if (performance.now() > deadline) throw new Error(`Waited in vain: ${what}`);
    await sleep(5);
  }
}

/** Starts the first server, which `argvOf` gives as it does every later one. */
export async function startSession(
  teardown: Teardown,
  argvOf: (mountPoint: string) => readonly string[],
  { logFd }: SessionOptions = {},
): Promise<Session> {
  const mountPoint = teardown.makeDir();
  let log = '';
  let begun = 0;
  const start = (): void => {
    // Ahead of whatever else the machine does: times are measured.
    const child = spawn('nice', ['-n', '-10', ...argvOf(mountPoint)], {
      stdio: ['ignore', logFd ?? 'pipe', logFd ?? 'pipe'],
    });
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        log += text;
        begun += text.split('"msg":"serving"').length - 1;
      });
    }
  };
  const untilBegun = async (earlier: number): Promise<void> => {
    await until('a server begins', () => begun > earlier).catch((error: unknown) => {
      throw new Error(`${String(error)}\n${log.slice(-3000)}`);
    });
  };
  const end = (): void => {
    killServing(mountPoint);
    unmountBelow(mountPoint);
  };
  const forget = cleanAtExit(end);
  teardown.add(() => {
    end();
    forget();
  });
  const holderPid = (): number => holderAt(mountPoint) ?? 0;
  const serverPid = (): number =>
    findDescendants(holderPid()).find((pid) => nameOf(pid) === 'node') ?? 0;
  start();
  if (logFd === undefined) await untilBegun(0);
  else await until('a server serves', () => mountsBelow(mountPoint).length > (hasPressure ? 1 : 0));
  return {
    ...{ mountPoint, start, untilBegun, holderPid, serverPid },
    untilAnother: async (earlier) => {
      const deadline = performance.now() + patienceMsec;
      for (;;) {
        const pid = await askForPid(mountPoint);
        if (pid !== undefined && pid !== earlier && pid === serverPid()) return;
        if (performance.now() > deadline) throw new Error('No other server answers');
        await sleep(20);
      }
    },
    log: () => log,
    beginnings: () => begun,
    deaths: () => log.split('was killed by signal').length - 1,
  };
}

/** The pid of the server that listens; `undefined` while none does. */
async function askForPid(mountPoint: string): Promise<number | undefined> {
  try {
    const { status } = await askDaemon(mountPoint, { command: 'status' });
    return (status as { server: { pid: number } }).server.pid;
  } catch {
    return undefined;
  }
}

function holderAt(mountPoint: string): number | undefined {
  const serving = findByCommandLine(`--mount-point\0${mountPoint}\0`);
  return serving.find((pid) => nameOf(pid) === 'nsproc-holder');
}

function nameOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'latin1').trim();
  } catch {
    return '';
  }
}
