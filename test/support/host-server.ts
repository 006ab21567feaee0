// native/host-server as a process of its own, and mounts for it to serve: connections that the test
// holds, so that one server can come after the other.

import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { openFuseDevice, openNonBlockingFuseDevice } from '../../src/kernel/fuse-device.ts';
import { mountFuse, mountWritableFuse } from '../../src/kernel/mounts.ts';
import { closeFd } from '../../src/kernel/process.ts';
import { cleanAtExit } from './at-exit.ts';
import { runOrThrow, shellStatusOf } from './commands.ts';
import { unmountBelow } from './mounts.ts';
import type { Teardown } from './teardown.ts';

export const hostServerFile = fileURLToPath(
  new URL('../../native/build/host-server', import.meta.url),
);

/** The fds that a server is started with, by their names. */
export type PassedFds = Readonly<Record<string, number>>;

export interface MountedTree {
  readonly mountPoint: string;
  readonly fds: PassedFds;
}

/** A mount whose connection nobody serves yet, and which nobody has initialised. */
export function mountTree(teardown: Teardown): MountedTree {
  const mountPoint = teardown.makeDir();
  const tree = openFuseDevice();
  teardown.add(() => closeFd(tree));
  mountFuse(tree, mountPoint);
  // Detached before its connection is closed, or looking at it would fail.
  teardown.add(() => unmountBelow(mountPoint));
  return { mountPoint, fds: { tree } };
}

/** With /proc/pressure in it, for which the tree must be served. */
export function mountPressure(teardown: Teardown, { mountPoint, fds }: MountedTree): MountedTree {
  const pressure = openNonBlockingFuseDevice();
  teardown.add(() => closeFd(pressure));
  mountWritableFuse(pressure, `${mountPoint}/proc/pressure`);
  return { mountPoint, fds: { ...fds, pressure } };
}

export interface HostServer {
  readonly pid: number;
  /** What it has complained about. */
  output(): string;
  signal(signal: NodeJS.Signals): void;
  /** SIGKILL, and its end. */
  kill(): Promise<void>;
  /** The exit status as a shell gives it. */
  readonly ended: Promise<number>;
}

export interface HostServerStart {
  readonly fds: PassedFds;
  readonly args?: readonly string[];
  /** What runs it, if not the test itself. */
  readonly wrapper?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
}

export function startHostServer(teardown: Teardown, start: HostServerStart): HostServer {
  const { fds, args = [], wrapper = [], env = {} } = start;
  const [program = '', ...rest] = [...wrapper, hostServerFile, ...args];
  const names = Object.keys(fds);
  const passed = { LISTEN_FDS: String(names.length), LISTEN_FDNAMES: names.join(':') };
  const child = spawn(program, rest, {
    env: { ...process.env, ...passed, ...env },
    stdio: ['ignore', 'ignore', 'pipe', ...Object.values(fds)],
  });
  const forget = cleanAtExit(() => child.kill('SIGKILL'));
  let output = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  const ended = new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve(shellStatusOf(code, signal)));
  }).finally(forget);
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL');
    await ended;
  };
  teardown.add(kill);
  const signal = (name: NodeJS.Signals): void => {
    child.kill(name);
  };
  return { pid: child.pid ?? 0, output: () => output, signal, kill, ended };
}

export interface ServedTree extends MountedTree {
  readonly server: HostServer;
}

/** The whole mount as a daemon has it, served by host-server. */
export async function serveAsHost(
  teardown: Teardown,
  start: Partial<HostServerStart> = {},
): Promise<ServedTree> {
  const tree = mountTree(teardown);
  const first = startHostServer(teardown, {
    ...start,
    fds: { ...start.fds, ...tree.fds },
    args: [],
  });
  const whole = existsSync('/proc/pressure/cpu') ? mountPressure(teardown, tree) : tree;
  await first.kill();
  const server = startHostServer(teardown, { ...start, fds: { ...start.fds, ...whole.fds } });
  return { ...whole, server };
}

/**
 * A mount whose names the kernel knows, and whose server has died. Files were closed, too, so that
 * Linux < 5.16 knows that nobody asks for FUSE_FLUSH: it would send one, and wait, in each process
 * that is started here while a file is open, until a server is there.
 */
export async function deadMount(teardown: Teardown): Promise<MountedTree> {
  const tree = mountTree(teardown);
  const server = startHostServer(teardown, { fds: tree.fds });
  const files = ['uptime', 'meminfo'].map((name) => `${tree.mountPoint}/proc/${name}`);
  await runOrThrow(['cat', ...files], { timeoutMsec: 10_000 });
  await server.kill();
  return tree;
}

const patienceMsec = 20_000 * Number(process.env['NSPROC_TEST_SLOW'] ?? 1);

/** Asks again and again, until it is so. */
export async function untilTrue(what: string, isTrue: () => boolean): Promise<void> {
  const deadline = Date.now() + patienceMsec;
  while (!isTrue()) {
    if (Date.now() > deadline) throw new Error(`Waited in vain until ${what}`);
    await sleep(20);
  }
}
