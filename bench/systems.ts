// The systems under comparison: nsproc, Debian's LXCFS, and the kernel's own files as the floor.
// Daemons are started by hand, in the foreground, on mount points of their own.
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Scope } from './scope.ts';

export interface System {
  readonly name: string;
  /** The daemon that answers, or `undefined` when the kernel itself does. */
  readonly pid: number | undefined;
  /** Path of a file that is to be bind-mounted into the container. */
  pathOf(file: string): string;
}

interface DaemonPlan {
  readonly name: string;
  readonly argv: readonly string[];
  readonly mountPoint: string;
}

/** The ways in which nsproc can be told to find a container's init. */
export const RESOLVERS = ['ns-get-init-pid', 'ns-get-tgid', 'ucred'] as const;
export type Resolver = 'auto' | (typeof RESOLVERS)[number];

const LXCFS = '/usr/bin/lxcfs';
const NSPROC = join(import.meta.dirname, '..', 'dist', 'main.js');
/** An emulated machine takes most of it. */
const START_MSEC = 60_000;
const STOP_MSEC = 20_000;

/** The container mounts a procfs of its own, so this path means the container's file there. */
export const procfs: System = {
  name: 'procfs',
  pid: undefined,
  pathOf: (file) => `/proc/${file}`,
};

export function startNsproc(
  scope: Scope,
  folder: string,
  resolver: Resolver = 'auto',
): Promise<System> {
  if (resolver === 'auto') return startServe(scope, folder, { name: 'nsproc', flags: [] });
  const flags = ['--resolver', resolver];
  return startServe(scope, folder, { name: `nsproc-${resolver}`, flags });
}

export function startFuseNative(scope: Scope, folder: string): Promise<System> {
  const flags = ['--transport', 'fuse-native'];
  return startServe(scope, folder, { name: 'nsproc-fuse-native', flags });
}

interface ServePlan {
  readonly name: string;
  readonly flags: readonly string[];
}

function startServe(scope: Scope, folder: string, { name, flags }: ServePlan): Promise<System> {
  const mountPoint = join(folder, name);
  const argv = [process.execPath, NSPROC, 'serve', '--mount-point', mountPoint, ...flags];
  return startDaemon(scope, { name, argv, mountPoint });
}

/** `undefined` when the machine has no LXCFS; says how to get it. */
export async function startLxcfs(
  scope: Scope,
  folder: string,
  flags: readonly string[] = [],
): Promise<System | undefined> {
  if (!existsSync(LXCFS)) {
    process.stderr.write('bench: no lxcfs: apt-get install --no-install-recommends lxcfs\n');
    return undefined;
  }
  const name = ['lxcfs', ...flags].join(' ');
  const mountPoint = join(folder, name.replace(' ', '-'));
  const pidFile = ['--pidfile', `${mountPoint}.pid`];
  const argv = [LXCFS, '--foreground', ...pidFile, ...flags, mountPoint];
  return startDaemon(scope, { name, argv, mountPoint });
}

export function lxcfsVersion(): string | undefined {
  if (!existsSync(LXCFS)) return undefined;
  // It prints the version, in quotes, on stderr.
  const { stdout, stderr } = spawnSync(LXCFS, ['--version'], { encoding: 'utf8' });
  return `${stdout}${stderr}`.trim().replaceAll('"', '');
}

async function startDaemon(scope: Scope, plan: DaemonPlan): Promise<System> {
  mkdirSync(plan.mountPoint);
  const [command = '', ...args] = plan.argv;
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
  }
  scope.defer(() => stopDaemon(child, plan.mountPoint));
  const deadline = Date.now() + START_MSEC;
  while (!isMounted(plan.mountPoint)) {
    if (hasEnded(child) || Date.now() > deadline) {
      throw new Error(`Cannot start ${plan.name}: it mounted nothing\n${output}`);
    }
    await sleep(20);
  }
  return {
    name: plan.name,
    pid: child.pid,
    pathOf: (file) => join(plan.mountPoint, 'proc', file),
  };
}

async function stopDaemon(child: ChildProcess, mountPoint: string): Promise<void> {
  const ended = hasEnded(child) ? Promise.resolve() : once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MSEC);
  await ended;
  clearTimeout(timer);
  if (isMounted(mountPoint)) {
    process.stderr.write(`bench: the daemon left ${mountPoint} mounted\n`);
    execFileSync('umount', ['--lazy', mountPoint]);
  }
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null || child.pid === undefined;
}

function isMounted(mountPoint: string): boolean {
  return readFileSync('/proc/self/mountinfo', 'utf8').includes(` ${mountPoint} `);
}
