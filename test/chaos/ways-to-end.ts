// What can happen to a server, to the holder above it, and to the daemon as a whole.

import { setTimeout as sleep } from 'node:timers/promises';
import { askDaemon } from '../../src/daemon/control-client.ts';
import { makeCgroup } from '../support/cgroups.ts';
import { findDescendants } from '../support/processes.ts';
import { signalIfThere } from '../support/serving-processes.ts';
import { type Session, until } from './session.ts';

/** Returns when it has happened; another server may not serve yet. */
export type WayToEnd = (session: Session) => Promise<void> | void;

function signalled(signal: NodeJS.Signals): WayToEnd {
  return (session) => signalIfThere(session.serverPid(), signal);
}

/** So that it has taken requests that it will not answer. */
async function stopThenKill(session: Session): Promise<void> {
  const pid = session.serverPid();
  signalIfThere(pid, 'SIGSTOP');
  await sleep(50);
  signalIfThere(pid, 'SIGKILL');
}

/** The next one dies too, in the middle of its start. */
async function killTwice(session: Session): Promise<void> {
  const first = session.serverPid();
  signalIfThere(first, 'SIGKILL');
  await until('another server starts', () => ![0, first].includes(session.serverPid()));
  await sleep(Math.random() * 200);
  signalIfThere(session.serverPid(), 'SIGKILL');
  // Should it have been ready a moment before, that does not count.
  await sleep(50);
  await session.untilBegun(session.beginnings());
}

async function endHolder(session: Session): Promise<void> {
  const holder = session.holderPid();
  signalIfThere(holder, 'SIGKILL');
  await until('the holder is gone', () => session.holderPid() !== holder);
}

function replace(session: Session): void {
  signalIfThere(session.holderPid(), 'SIGUSR1');
}

/** A server is about to replace another one, and that one dies. */
async function killWhileReplaced(session: Session): Promise<void> {
  const holder = session.holderPid();
  const pid = session.serverPid();
  signalIfThere(holder, 'SIGUSR1');
  await sleep(Math.random() * 300);
  if (findDescendants(holder).includes(pid)) signalIfThere(pid, 'SIGKILL');
}

/** By the limit of a cgroup that the server alone is in. */
async function runOutOfMemory(session: Session): Promise<void> {
  const pid = session.serverPid();
  const cgroup = makeCgroup({ memoryBytes: 2 ** 18 });
  cgroup.addProcess(pid);
  await until('the server is out of memory', () => {
    askDaemon(session.mountPoint, { command: 'status' }).catch(() => undefined);
    return session.serverPid() !== pid;
  });
  await cgroup.remove();
}

/** Stopped as a whole, as by hand, and started again at once; a keeper is there in between. */
async function stopAndStart(session: Session): Promise<void> {
  const holder = session.holderPid();
  signalIfThere(holder, 'SIGTERM');
  await until('the holder is gone', () => session.holderPid() !== holder);
  session.start();
}

export const waysToEnd: Readonly<Record<string, WayToEnd>> = {
  SIGKILL: signalled('SIGKILL'),
  SIGSEGV: signalled('SIGSEGV'),
  SIGABRT: signalled('SIGABRT'),
  SIGSTOP: signalled('SIGSTOP'),
  'SIGSTOP, then SIGKILL': stopThenKill,
  'SIGKILL, and again while it starts': killTwice,
  replacement: replace,
  'SIGKILL while it is replaced': killWhileReplaced,
  'SIGKILL for the holder': endHolder,
  'out of memory': runOutOfMemory,
  'SIGTERM, and a start': stopAndStart,
};
