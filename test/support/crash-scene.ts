// nsproc with a container that sees its own MemTotal, in front of servers that crash.

import { type CrowdMember, joinCrowd } from '../chaos/crowd.ts';
import { copyServer, type ServerCopy } from '../chaos/server-copy.ts';
import { startServe } from './nsproc-process.ts';
import { kibOf } from './proc-texts.ts';
import { findByCommandLine, findDescendants } from './processes.ts';
import { startServiceManager } from './service-manager.ts';
import type { Teardown } from './teardown.ts';

interface Service {
  readonly mountPoint: string;
  /** What was started, by a person or by a manager. */
  mainPid(): number;
}

const services = {
  'by hand': async (teardown: Teardown, copy: ServerCopy): Promise<Service> => {
    const mountPoint = teardown.makeDir();
    const { pid } = await startServe(teardown, { mountPoint, argv: copy.argv(mountPoint) });
    return { mountPoint, mainPid: () => pid };
  },
  'as a service': async (teardown: Teardown, copy: ServerCopy): Promise<Service> => {
    const argvAt = (mountPoint: string) => copy.argv(mountPoint);
    const manager = startServiceManager(teardown, { argvAt, isRestarted: true });
    await manager.until('ready', 1);
    return manager;
  },
} as const;

export type StartedBy = keyof typeof services;

export interface CrashScene extends Service {
  readonly copy: ServerCopy;
  /** Of the container. */
  readonly memoryKib: number;
  /** 0 while there is none. */
  serverPid(): number;
  /** Whether the holder has a server that has not begun to serve, beside host-server. */
  isStarting(): boolean;
  /** MemTotal as a reader in the container sees it, and how long it waited. */
  readTotal(): Promise<Reading>;
}

export interface Reading {
  readonly status: number;
  readonly kib: number | undefined;
  readonly msec: number;
}

async function readTotal({ container }: CrowdMember): Promise<Reading> {
  const begin = performance.now();
  const { stdout, status } = await container.exec(['cat', '/proc/meminfo']);
  return { status, kib: kibOf(stdout, 'MemTotal'), msec: performance.now() - begin };
}

export async function startCrashScene(teardown: Teardown, by: StartedBy): Promise<CrashScene> {
  const copy = copyServer(teardown);
  const service = await services[by](teardown, copy);
  const { mountPoint } = service;
  const member = await joinCrowd(teardown, { mountPoint, pauseMsec: 20, isSilent: true });
  return {
    ...{ mountPoint, copy, memoryKib: member.memoryKib },
    mainPid: () => service.mainPid(),
    serverPid: () => findDescendants(service.mainPid()).at(-1) ?? 0,
    isStarting: () => findByCommandLine(`\0serve\0--mount-point\0${mountPoint}\0`).length > 1,
    readTotal: () => readTotal(member),
  };
}
