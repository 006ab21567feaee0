// All processes that serve a mount point: holder, server, keeper. Each has it in its command line.

import { findByCommandLine, findDescendants } from './processes.ts';

function servingAt(mountPoint: string): number[] {
  return findByCommandLine(`--mount-point\0${mountPoint}\0`);
}

export function signalIfThere(pid: number, signal: NodeJS.Signals): void {
  try {
    if (pid > 0) process.kill(pid, signal);
  } catch {
    // It has ended.
  }
}

/** A process and all below it, the process first: or it would do something about its children. */
export function signalTree(pid: number, signal: NodeJS.Signals): void {
  for (const member of [pid, ...findDescendants(pid)]) signalIfThere(member, signal);
}

/** SIGKILL for all that serves at the mount point, so that none of them replaces another. */
export function killServing(mountPoint: string): void {
  const all = new Set(servingAt(mountPoint).flatMap((pid) => [pid, ...findDescendants(pid)]));
  for (const pid of all) signalIfThere(pid, 'SIGSTOP');
  for (const pid of [...all, ...servingAt(mountPoint)]) signalIfThere(pid, 'SIGKILL');
}
