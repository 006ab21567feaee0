// The built daemon as a process of its own, serving a folder of its own, so that a
// test can stop, kill and measure it.

import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { cleanAtExit } from './at-exit.ts';
import { run, shellStatusOf } from './commands.ts';
import { mountsBelow, unmountBelow } from './mounts.ts';
import { findDescendants, readCpuUsec } from './processes.ts';
import { killServing, signalTree } from './serving-processes.ts';

export interface DaemonOptions {
  /** A fresh folder unless given; one that is given stays when the daemon stops. */
  readonly mountPoint?: string;
  readonly args?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
}

export interface Ending {
  /** As a shell gives it: 128 + the signal if one ended the daemon. */
  readonly status: number;
  /** Whether the daemon left its mount behind. It is gone by now either way. */
  readonly leftMount: boolean;
}

export interface Daemon {
  /** The server that answers now. */
  readonly pid: number;
  /** The process that was started: the holder, or the server itself where it has none. */
  readonly holderPid: number;
  readonly mountPoint: string;
  /** All that it wrote so far, on both outputs. */
  log(): string;
  /** CPU time of all threads of the server so far, in steps of 10 ms. */
  cpuUsec(): number;
  /** Asks it to end (SIGTERM), and cleans up after it; also after kill(). */
  stop(): Promise<Ending>;
  /** SIGKILL for it and its server. The mount stays as the kernel leaves it: dead. */
  kill(): Promise<void>;
  /** Stops it with SIGSTOP, so that readers wait, and lets it go on. */
  pause(): void;
  resume(): void;
}

const mainFile = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
/** How many times slower than usual the machine is. */
const slowness = Number(process.env['NSPROC_TEST_SLOW'] ?? 1);
const startPatienceMsec = 60_000 * slowness;
const stopPatienceMsec = 30_000 * slowness;
const readPatienceMsec = 10_000;

export async function startDaemon(options: DaemonOptions = {}): Promise<Daemon> {
  if (!existsSync(mainFile)) throw new Error(`Cannot find ${mainFile}: run npm run build first`);
  const mountPoint = options.mountPoint ?? mkdtempSync(join(tmpdir(), 'nsproc-test-'));
  const args = [mainFile, 'serve', '--mount-point', mountPoint, ...(options.args ?? [])];
  const child = spawn(process.execPath, args, {
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const holderPid = child.pid ?? 0;
  const log = logOf(child);
  const serverPid = (): number => findDescendants(holderPid).at(0) ?? holderPid;
  const clean = (): void => {
    killAll(holderPid, mountPoint);
    unmountBelow(mountPoint);
    if (options.mountPoint === undefined && existsSync(mountPoint)) rmdirSync(mountPoint);
  };
  const forget = cleanAtExit(clean);
  const stop = async (): Promise<Ending> => {
    child.kill('SIGTERM');
    const status = await statusOf(child, stopPatienceMsec);
    const leftMount = mountsBelow(mountPoint).length > 0;
    clean();
    forget();
    return { status, leftMount };
  };
  const kill = async (): Promise<void> => {
    killAll(holderPid, mountPoint);
    await statusOf(child, stopPatienceMsec);
  };
  try {
    await waitUntilServing(child, mountPoint);
  } catch (error) {
    await kill();
    await stop();
    throw new Error(`Cannot start the daemon: ${String(error)}\n${log()}`);
  }
  return {
    ...{ holderPid, mountPoint, stop, kill, log },
    get pid() {
      return serverPid();
    },
    cpuUsec: () => readCpuUsec(serverPid()),
    pause: () => signalTree(holderPid, 'SIGSTOP'),
    resume: () => signalTree(holderPid, 'SIGCONT'),
  };
}

/** All that it writes, on both outputs. */
function logOf(child: ChildProcess): () => string {
  let log = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      log += text;
    });
  }
  return () => log;
}

function killAll(holderPid: number, mountPoint: string): void {
  signalTree(holderPid, 'SIGSTOP');
  signalTree(holderPid, 'SIGKILL');
  killServing(mountPoint);
}

/** Asks in a process of its own: a daemon that hangs must not hang the test. */
async function waitUntilServing(child: ChildProcess, mountPoint: string): Promise<void> {
  const deadline = Date.now() + startPatienceMsec;
  while (child.exitCode === null && child.signalCode === null) {
    if (mountsBelow(mountPoint).length > 0) {
      const file = join(mountPoint, 'proc', 'uptime');
      const { status, stdout } = await run(['cat', file], { timeoutMsec: readPatienceMsec });
      if (status === 0 && stdout !== '') return;
    }
    if (Date.now() > deadline) throw new Error('it does not answer');
    await sleep(50);
  }
  throw new Error(`it ended with ${child.exitCode ?? child.signalCode}`);
}

/** Ends a process that does not end by itself in time. */
function statusOf(child: ChildProcess, patienceMsec: number): Promise<number> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => child.kill('SIGKILL'), patienceMsec);
    const settle = (code: number | null, signal: NodeJS.Signals | null): void => {
      clearTimeout(timer);
      resolve(shellStatusOf(code, signal));
    };
    if (child.exitCode !== null || child.signalCode !== null) {
      settle(child.exitCode, child.signalCode);
    } else {
      child.once('exit', settle);
    }
  });
}
