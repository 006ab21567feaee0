// The fds that must outlive a server, by the names under which its supervisor keeps them, and
// the programs that they can be left to.

import { setTimeout as sleep } from 'node:timers/promises';
import { runCommand } from '../kernel/commands.ts';
import { fileExists } from '../kernel/file-exists.ts';
import { packagePath } from '../kernel/package.ts';
import { type PassedFd, startProgram } from '../kernel/start-program.ts';
import type { TriggerTable } from '../vfs/trigger-table.ts';
import { keeperSocketOf } from './run-directory.ts';

export const holderProgram = packagePath('native/build/holder');
const keeperProgram = packagePath('native/build/host-server');

/** The name of the connection that all but /proc/pressure comes through. */
export const treeConnection = 'tree';
const triggerPrefix = 'trigger-';

export function triggerName(slot: number): string {
  return `${triggerPrefix}${slot}`;
}

/** The slot of a trigger's fd; `undefined` for other names. */
export function triggerSlotOf(name: string): number | undefined {
  return name.startsWith(triggerPrefix) ? Number(name.slice(triggerPrefix.length)) : undefined;
}

export interface Connections {
  readonly state: number;
  readonly tree: number;
  /** `undefined` where the kernel keeps no pressure information. */
  readonly pressure: number | undefined;
  readonly triggers: TriggerTable | undefined;
}

/** The same as one server passes them to the next. */
function namedFds({ state, tree, pressure, triggers }: Connections): PassedFd[] {
  const fds = [
    { name: 'state', fd: state },
    { name: treeConnection, fd: tree },
  ];
  if (pressure !== undefined) fds.push({ name: 'pressure', fd: pressure });
  for (const slot of triggers?.live() ?? []) {
    fds.push({ name: triggerName(slot), fd: triggers?.fdOf(slot) ?? -1 });
  }
  return fds;
}

/**
 * Another holder, which starts another server; this one shall end at once.
 *
 * @param command paths in it may be relative to this process's working directory
 */
export async function leaveToHolder(
  connections: Connections,
  command: readonly string[],
): Promise<void> {
  await startProgram({
    program: holderProgram,
    args: ['--', ...command],
    fds: namedFds(connections),
    inheritsStderr: true,
  });
}

const keeperPatienceMsec = 3000;
/** How long a keeper lets readers wait for the next server, rather than show them the host. */
const restartMsec = 1500;

/**
 * A keeper, which answers from the host's files until a server takes over or no container has the
 * files any more; this server shall end at once. Rejects when it does not start, or ends. One that is
 * late has the fds all the same.
 */
export async function leaveToKeeper(connections: Connections, mountPoint: string): Promise<void> {
  const socket = keeperSocketOf(mountPoint);
  const keeper = await startProgram({
    program: keeperProgram,
    args: ['--keeper', socket, '--mount-point', mountPoint, '--grace-msec', String(restartMsec)],
    fds: namedFds(connections),
    // Whoever reads this daemon's log is not kept waiting for its end.
    inheritsStderr: false,
    // It may stay for months, and must not keep a file system from being unmounted.
    directory: '/',
  });
  const deadline = performance.now() + keeperPatienceMsec;
  while (!fileExists(socket)) {
    if (keeper.hasEnded()) throw new Error(`The keeper at ${socket} has ended`);
    if (performance.now() > deadline) return;
    await sleep(10);
  }
}

/**
 * Ends a keeper of connections that this process has, too: its own go to a program that ends. Throws
 * when it goes on: two servers must not answer.
 */
export async function endKeeper(mountPoint: string): Promise<void> {
  const socket = keeperSocketOf(mountPoint);
  const askToEnd = () => runCommand(holderProgram, ['--fetch', socket, '--', 'true']);
  if (!fileExists(socket) || (await askToEnd()).status === 0) return;
  // It may have ended while it was asked.
  const { status, stderr } = await askToEnd();
  if (status !== 0) throw new Error(`The keeper at ${socket} goes on: ${stderr.trim()}`);
}
