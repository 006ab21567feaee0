// Bytes of a request from the kernel -> values. Nothing here trusts a length:
// a request that is too short for what it says is a ProtocolError.

import { IN_HEADER_SIZE } from './constants.ts';

/** A request that does not have the form the protocol promises. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';
}

/**
 * The 40 bytes in front of every request (struct fuse_in_header).
 *
 * The wire calls `callerTid` "pid", but it is the calling *thread*, numbered in
 * the pid namespace of the process that mounted, and 0 when the caller has no
 * number there. RELEASE and FORGET have no caller and carry 0 as well.
 */
export interface InHeader {
  /** Bytes of the whole request, header included. */
  readonly length: number;
  readonly opcode: number;
  /** The kernel's name for this request; the answer repeats it. Bit 0 set: an interrupt. */
  readonly unique: bigint;
  readonly nodeId: number;
  readonly uid: number;
  readonly gid: number;
  readonly callerTid: number;
}

/** Sizes of request bodies, as far as they are read. */
const READ_IN_SIZE = 24;
const FH_SIZE = 8;
const WRITE_IN_SIZE = 40;
const POLL_IN_SIZE = 24;

const twoTo32 = 2 ** 32;

/** A 64-bit number; offsets and ids stay far below 2^53, anything above only loses low bits. */
function readU64(request: Buffer, offset: number): number {
  return request.readUInt32LE(offset) + request.readUInt32LE(offset + 4) * twoTo32;
}

/**
 * Decodes the header of the request in the first `length` bytes.
 *
 * @throws ProtocolError when they are no whole request.
 */
export function decodeInHeader(request: Buffer, length: number): InHeader {
  if (length < IN_HEADER_SIZE) {
    throw new ProtocolError(`Cannot read a request of ${length} bytes: expected at least 40`);
  }
  const stated = request.readUInt32LE(0);
  if (stated !== length) {
    throw new ProtocolError(`Cannot read a request of ${length} bytes: its header says ${stated}`);
  }
  return {
    length,
    opcode: request.readUInt32LE(4),
    unique: request.readBigUInt64LE(8),
    nodeId: readU64(request, 16),
    uid: request.readUInt32LE(24),
    gid: request.readUInt32LE(28),
    callerTid: request.readUInt32LE(32),
  };
}

/** The same; `undefined` when they are no whole request. */
export function inHeaderOf(request: Buffer, length: number): InHeader | undefined {
  try {
    return decodeInHeader(request, length);
  } catch {
    return undefined;
  }
}

function requireBody(header: InHeader, size: number): void {
  if (header.length < IN_HEADER_SIZE + size) {
    throw new ProtocolError(
      `Cannot read the body of opcode ${header.opcode}: expected ${size} bytes, ` +
        `got ${header.length - IN_HEADER_SIZE}`,
    );
  }
}

/** READ, READDIR and READDIRPLUS (struct fuse_read_in). */
export interface ReadIn {
  readonly handle: number;
  readonly offset: number;
  readonly size: number;
  readonly readFlags: number;
}

export function decodeReadIn(request: Buffer, header: InHeader): ReadIn {
  requireBody(header, READ_IN_SIZE);
  return {
    handle: readU64(request, IN_HEADER_SIZE),
    offset: readU64(request, IN_HEADER_SIZE + 8),
    size: request.readUInt32LE(IN_HEADER_SIZE + 16),
    readFlags: request.readUInt32LE(IN_HEADER_SIZE + 20),
  };
}

/** WRITE (struct fuse_write_in) and what follows it. */
export interface WriteIn {
  readonly handle: number;
  readonly offset: number;
  /** A view of the request: valid until the next one is read. */
  readonly bytes: Buffer;
}

export function decodeWriteIn(request: Buffer, header: InHeader): WriteIn {
  requireBody(header, WRITE_IN_SIZE);
  const size = request.readUInt32LE(IN_HEADER_SIZE + 16);
  requireBody(header, WRITE_IN_SIZE + size);
  const begin = IN_HEADER_SIZE + WRITE_IN_SIZE;
  return {
    handle: readU64(request, IN_HEADER_SIZE),
    offset: readU64(request, IN_HEADER_SIZE + 8),
    bytes: request.subarray(begin, begin + size),
  };
}

/** POLL (struct fuse_poll_in). */
export interface PollIn {
  readonly handle: number;
  /** The kernel's name for the open file, which a notification repeats. */
  readonly kernelHandle: bigint;
  readonly flags: number;
}

export function decodePollIn(request: Buffer, header: InHeader): PollIn {
  requireBody(header, POLL_IN_SIZE);
  return {
    handle: readU64(request, IN_HEADER_SIZE),
    kernelHandle: request.readBigUInt64LE(IN_HEADER_SIZE + 8),
    flags: request.readUInt32LE(IN_HEADER_SIZE + 16),
  };
}

/** Which attributes SETATTR changes (struct fuse_setattr_in), as FATTR bits. */
export function decodeChangedAttrs(request: Buffer, header: InHeader): number {
  requireBody(header, 4);
  return request.readUInt32LE(IN_HEADER_SIZE);
}

/** The handle that RELEASE and RELEASEDIR give back (struct fuse_release_in). */
export function decodeReleasedHandle(request: Buffer, header: InHeader): number {
  requireBody(header, FH_SIZE);
  return readU64(request, IN_HEADER_SIZE);
}

/** The open(2) flags of OPEN and OPENDIR (struct fuse_open_in). */
export function decodeOpenFlags(request: Buffer, header: InHeader): number {
  requireBody(header, 4);
  return request.readUInt32LE(IN_HEADER_SIZE);
}

/** The access(2) mask of ACCESS (struct fuse_access_in). */
export function decodeAccessMask(request: Buffer, header: InHeader): number {
  requireBody(header, 4);
  return request.readUInt32LE(IN_HEADER_SIZE);
}

/** The NUL-terminated name of LOOKUP. */
export function decodeName(request: Buffer, header: InHeader): string {
  const end = request.indexOf(0, IN_HEADER_SIZE);
  if (end < 0 || end >= header.length) {
    throw new ProtocolError(`Cannot read the name of opcode ${header.opcode}: it has no end`);
  }
  return request.toString('utf8', IN_HEADER_SIZE, end);
}

/** What the kernel offers at INIT (struct fuse_init_in). */
export interface InitIn {
  readonly major: number;
  readonly minor: number;
  readonly maxReadahead: number;
  readonly flags: number;
}

export function decodeInitIn(request: Buffer, header: InHeader): InitIn {
  requireBody(header, 16);
  return {
    major: request.readUInt32LE(IN_HEADER_SIZE),
    minor: request.readUInt32LE(IN_HEADER_SIZE + 4),
    maxReadahead: request.readUInt32LE(IN_HEADER_SIZE + 8),
    flags: request.readUInt32LE(IN_HEADER_SIZE + 12),
  };
}
