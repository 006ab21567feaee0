// Memory that outlives this process: a memfd, whose fd somebody else holds as well, mapped
// shared. All threads of the process see it at the same address.

import koffi from 'koffi';
import * as libc from './libc.ts';
import { SystemError } from './system-error.ts';

const MFD_CLOEXEC = 1;
const PROT_READ = 1;
const PROT_WRITE = 2;
const MAP_SHARED = 1;
const MAP_FAILED = 2n ** 64n - 1n;
const SEEK_END = 2;
const FALLOC_FL_KEEP_SIZE = 1;
const FALLOC_FL_PUNCH_HOLE = 2;

/** Of mappings, on every architecture. */
export const mappingAlignment = 65_536;

/** A part of it, as one thread tells another. */
export interface Mapping {
  readonly address: bigint;
  readonly byteLength: number;
}

/** A new one, empty. @returns its fd. */
export function createMemoryFile(name: string): number {
  return libc.checked('make shared memory', () => libc.memfdCreate(name, MFD_CLOEXEC));
}

export function memoryFileLength(fd: number): number {
  return libc.checked('measure shared memory', () => libc.lseek(fd, 0, SEEK_END));
}

/** What is added is zero, and takes no room until it is used. */
export function resizeMemoryFile(fd: number, byteLength: number): void {
  libc.checked('resize shared memory', () => libc.ftruncate(fd, byteLength));
}

/** Gives the room of a part back; it is zero from here on. */
export function clearMemoryFile(fd: number, offset: number, byteLength: number): void {
  const mode = FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE;
  libc.checked('clear shared memory', () => libc.fallocate(fd, mode, offset, byteLength));
}

/** Maps a part until the process ends. `offset` is a multiple of mappingAlignment. */
export function mapMemoryFile(fd: number, offset: number, byteLength: number): Mapping {
  const address = libc.mmap(null, byteLength, PROT_READ | PROT_WRITE, MAP_SHARED, fd, offset);
  const number = koffi.address(address);
  if (number === MAP_FAILED) throw new SystemError('map shared memory', libc.lastErrno());
  return { address: number, byteLength };
}

/**
 * The bytes of a mapping, for this thread. Not a SharedArrayBuffer, though it is shared:
 * Atomics work on it, but for Atomics.wait() and notify().
 */
export function viewMapping({ address, byteLength }: Mapping): ArrayBuffer {
  return koffi.view(address, byteLength);
}
