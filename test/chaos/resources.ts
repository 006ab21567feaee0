// What a session has of the machine.

import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { mountsBelow } from '../support/mounts.ts';
import { findByCommandLine, findDescendants } from '../support/processes.ts';
import type { Session } from './session.ts';

export interface Resources {
  readonly processes: number;
  readonly mounts: number;
  /** What they lead to, sorted, but for the standard ones. */
  readonly holderFds: readonly string[];
  readonly holderKib: number;
  readonly serverFds: number;
  readonly serverThreads: number;
  readonly serverKib: number;
  /** The memory that outlives servers: its length, and what is in use. */
  readonly stateBytes: number;
  readonly stateKib: number;
}

export function readResources(session: Session): Resources {
  const holder = session.holderPid();
  const server = session.serverPid();
  const serving = findByCommandLine(`--mount-point\0${session.mountPoint}\0`);
  const processes = new Set(serving.flatMap((pid) => [pid, ...findDescendants(pid)]));
  return {
    processes: processes.size,
    mounts: mountsBelow(session.mountPoint).length,
    holderFds: fdTargets(holder),
    holderKib: statusNumber(holder, 'VmRSS'),
    serverFds: fdTargets(server).length,
    serverThreads: statusNumber(server, 'Threads'),
    serverKib: statusNumber(server, 'VmRSS'),
    ...readState(holder),
  };
}

/** Above 2, without numbers: a socket is as good as another. */
function fdTargets(pid: number): string[] {
  const fds = readdirSync(`/proc/${pid}/fd`).filter((fd) => Number(fd) > 2);
  return fds.map((fd) => targetOf(`/proc/${pid}/fd/${fd}`).replace(/\d+/, '')).sort();
}

function targetOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    // It has been closed meanwhile.
    return '';
  }
}

function statusNumber(pid: number, name: string): number {
  const status = readFileSync(`/proc/${pid}/status`, 'latin1');
  return Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1]);
}

function readState(holder: number): Pick<Resources, 'stateBytes' | 'stateKib'> {
  const paths = readdirSync(`/proc/${holder}/fd`).map((fd) => `/proc/${holder}/fd/${fd}`);
  const path = paths.find((candidate) => readlinkSync(candidate).includes('nsproc-state'));
  if (path === undefined) throw new Error('The holder keeps no state');
  const { size, blocks } = statSync(path);
  return { stateBytes: size, stateKib: blocks / 2 };
}
