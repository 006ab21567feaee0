// Facts about the machine and this process's rights on it.

import { readdirSync } from 'node:fs';
import { machine, release } from 'node:os';
import { readTextFile } from './kept-file.ts';
import * as libc from './libc.ts';
import { errnoName } from './system-error.ts';

/** Such as `Linux 6.12.9 x86_64`. */
export function kernelName(): string {
  return `Linux ${release()} ${machine()}`;
}

/** `[6, 12]` of Linux 6.12.9. A kernel may have more of later ones. */
export function kernelVersion(): readonly [major: number, minor: number] {
  const [major = 0, minor = 0] = release().split('.').map(Number);
  return [major, minor];
}

/** Bits of capabilities(7). */
export const Capability = {
  CAP_DAC_READ_SEARCH: 2,
  CAP_SYS_PTRACE: 19,
  CAP_SYS_ADMIN: 21,
  CAP_SYS_RESOURCE: 24,
} as const;
export type CapabilityName = keyof typeof Capability;

/**
 * Whether a thread has a capability in effect (CapEff of proc_pid_status(5)), this process
 * unless its folder in procfs is given; false when it is gone.
 */
export function hasCapability(name: CapabilityName, threadDir = '/proc/self'): boolean {
  const status = readTextFile(`${threadDir}/status`) ?? '';
  const mask = /^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? '0';
  return ((BigInt(`0x${mask}`) >> BigInt(Capability[name])) & 1n) === 1n;
}

const O_RDWR_CLOEXEC = 2 | 0o2000000;

/** Why a device can't be opened for reading and writing, such as `ENOENT`; `undefined` if it can. */
export function openProblem(path: string): string | undefined {
  const fd = libc.open(path, O_RDWR_CLOEXEC, 0);
  if (fd < 0) return errnoName(libc.lastErrno());
  libc.close(fd);
  return undefined;
}

/** How many files this process has open; the list itself is one while it is read. */
export function openFdCount(): number {
  return readdirSync('/proc/self/fd').length - 1;
}

/** Soft limit of open files (RLIMIT_NOFILE). */
export function openFilesLimit(): number {
  const limits = readTextFile('/proc/self/limits') ?? '';
  return Number(/^Max open files\s+(\d+)/m.exec(limits)?.[1] ?? Number.NaN);
}
