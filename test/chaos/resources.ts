// What a session has of the machine.

import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { mountsBelow } from '../support/mounts.ts';
import { findByCommandLine, findDescendants } from '../support/processes.ts';
import type { Session } from './session.ts';

export interface Resources {
  readonly processes: number;
  readonly mounts: number;
  readonly holderFds: number;
  readonly holderKib: number;
  readonly serverFds: number;
  readonly serverThreads: number;
  readonly serverKib: number;
  /** Of the memory that outlives servers, what is in use. */
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
    holderFds: fdCount(holder),
    holderKib: statusNumber(holder, 'VmRSS'),
    serverFds: fdCount(server),
    serverThreads: statusNumber(server, 'Threads'),
    serverKib: statusNumber(server, 'VmRSS'),
    stateKib: stateKib(holder),
  };
}

function fdCount(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}

function statusNumber(pid: number, name: string): number {
  const status = readFileSync(`/proc/${pid}/status`, 'latin1');
  return Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1]);
}

function stateKib(holder: number): number {
  const paths = readdirSync(`/proc/${holder}/fd`).map((fd) => `/proc/${holder}/fd/${fd}`);
  const path = paths.find((candidate) => readlinkSync(candidate).includes('nsproc-state'));
  return path === undefined ? 0 : statSync(path).blocks / 2;
}
