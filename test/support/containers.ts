// Containers without images or a runtime: unshare(1) makes the namespaces, and the
// files are bind-mounted over the container's own /proc, as a runtime would do it.

import { type ChildProcess, spawn } from 'node:child_process';
import { cleanAtExit } from './at-exit.ts';
import type { TestCgroup } from './cgroups.ts';
import { type Outcome, type RunOptions, run } from './commands.ts';
import { findDescendants, readInnermostPid } from './processes.ts';

export interface ContainerOptions {
  /** Joined before the namespaces are made, and by everything that exec() runs. */
  readonly cgroup?: TestCgroup;
  /** Files on the host and where in the container they are seen. */
  readonly mounts?: readonly (readonly [source: string, target: string])[];
  readonly userNamespace?: boolean;
  /** One of its own, unless `host`, which stays in that of the host or of `nestedIn`. */
  readonly pidNamespace?: true | 'host';
  /** The container in which this one starts, and in its cgroup if none is named. */
  readonly nestedIn?: Container;
  /** More namespaces, in the words of unshare(1). */
  readonly unshareFlags?: readonly string[];
  /** What its first process becomes once all is mounted; sleeps for ever if not given. */
  readonly command?: readonly string[];
}

export interface Container {
  /** The first process, as the host numbers it. */
  readonly initPid: number;
  readonly cgroup: TestCgroup | undefined;
  /** Runs a command inside all of the container's namespaces and its cgroup. */
  exec(argv: readonly string[], options?: RunOptions): Promise<Outcome>;
  /** The argument list that exec() runs, for a test that spawns it itself. */
  execArgv(argv: readonly string[]): string[];
  stop(): Promise<void>;
}

const startPatienceMsec = 60_000;
const readyMark = 'container ready';

export async function startContainer(options: ContainerOptions = {}): Promise<Container> {
  const { nestedIn } = options;
  const cgroup = options.cgroup ?? nestedIn?.cgroup;
  const outside = [...joinArgv(cgroup), ...(nestedIn ? nsenterArgv(nestedIn.initPid) : [])];
  const [program = '', ...args] = [...outside, ...unshareArgv(options), ...insideArgv(options)];
  // Its own process group, so that what hits the test's terminal does not hit it.
  const child = spawn(program, args, { detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  const forget = cleanAtExit(() => kill(child.pid));
  await waitUntilReady(child);
  const initPid = findInit(pidOf(child), options);
  const forgetInit = cleanAtExit(() => kill(initPid));
  const execArgv = (argv: readonly string[]): string[] => [
    ...joinArgv(cgroup),
    ...nsenterArgv(initPid),
    ...argv,
  ];
  const stop = async (): Promise<void> => {
    kill(initPid);
    await ended(child);
    forget();
    forgetInit();
  };
  // Once only: its number may be another process's by the second time.
  let stopped: Promise<void> | undefined;
  return {
    initPid,
    cgroup,
    execArgv,
    exec: (argv, runOptions) => run(execArgv(argv), runOptions),
    stop: () => {
      stopped ??= stop();
      return stopped;
    },
  };
}

/** A shell that moves itself, then becomes the rest of the argument list. */
export function joinArgv(cgroup: TestCgroup | undefined): string[] {
  if (cgroup === undefined) return [];
  const joins = cgroup.procsFiles.map((file) => `echo $$ > '${file}' &&`).join(' ');
  return ['sh', '-c', `${joins} exec "$@"`, 'sh'];
}

/**
 * All namespaces that differ from ours. Without --preserve-credentials nsenter calls
 * setgroups(2), which the user namespace that unshare --map-root-user makes forbids.
 */
export function nsenterArgv(pid: number): string[] {
  return ['nsenter', '--target', String(pid), '--all', '--preserve-credentials', '--'];
}

function unshareArgv({ pidNamespace, userNamespace, unshareFlags = [] }: ContainerOptions) {
  const userFlags = userNamespace === true ? ['--user', '--map-root-user'] : [];
  const pidFlags = pidNamespace === 'host' ? [] : ['--fork', '--pid', '--mount-proc'];
  return ['unshare', '--mount', ...pidFlags, ...userFlags, ...unshareFlags, '--'];
}

function insideArgv({ mounts = [], command = ['sleep', 'infinity'] }: ContainerOptions): string[] {
  const binds = mounts.map(([source, target]) => `mount --bind '${source}' '${target}' &&`);
  // The command gets no output of ours: a pipe that nobody empties would stop it.
  const script = `${binds.join(' ')} echo '${readyMark}' && exec "$@" >/dev/null 2>&1`;
  return ['sh', '-c', script, 'sh', ...command];
}

function waitUntilReady(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let output = '';
    const fail = (reason: string): void => {
      clearTimeout(timer);
      reject(new Error(`Cannot start a container: ${reason}: ${output}`));
    };
    const timer = setTimeout(() => {
      kill(child.pid);
      fail('no sign of life in time');
    }, startPatienceMsec);
    const collect = (text: Buffer): void => {
      output += text.toString();
      if (!output.includes(readyMark)) return;
      clearTimeout(timer);
      resolve();
    };
    child.stdout?.on('data', collect);
    child.stderr?.on('data', collect);
    child.on('error', (error) => fail(error.message));
    child.on('exit', (code, signal) => fail(`it ended with ${code ?? signal}`));
  });
}

/**
 * The container's first process. unshare forks only for a pid namespace, nsenter
 * does when it enters one, so it can be some generations below what was spawned.
 */
function findInit(pid: number, { pidNamespace, nestedIn }: ContainerOptions): number {
  const family = [pid, ...findDescendants(pid)];
  const init =
    pidNamespace === 'host'
      ? family[nestedIn === undefined ? 0 : 1]
      : family.find((found) => readInnermostPid(found) === 1);
  if (init === undefined) throw new Error(`Cannot find a container's init below process ${pid}`);
  return init;
}

function pidOf(child: ChildProcess): number {
  if (child.pid === undefined) throw new Error(`Cannot start ${child.spawnfile}`);
  return child.pid;
}

function kill(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended already.
  }
}

function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    child.once('exit', () => resolve());
  });
}
