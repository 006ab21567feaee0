// One request in, exactly one answer out (none for FORGET, BATCH_FORGET and
// INTERRUPT, as the protocol has it).

import { errnoOf, FsError } from './errno.ts';
import type { Caller, FileSystem } from './file-system.ts';
import {
  EACCES,
  EINVAL,
  EIO,
  ENOSYS,
  EPROTO,
  EROFS,
  FOPEN_CACHE_DIR,
  FOPEN_DIRECT_IO,
  FOPEN_KEEP_CACHE,
  FOPEN_NOFLUSH,
  FUSE_BIG_WRITES,
  FUSE_DO_READDIRPLUS,
  FUSE_KERNEL_MINOR_VERSION,
  FUSE_KERNEL_VERSION,
  FUSE_PARALLEL_DIROPS,
  FUSE_READ_LOCKOWNER,
  FUSE_READDIRPLUS_AUTO,
  IN_HEADER_SIZE,
  MINIMUM_MINOR_VERSION,
  O_ACCMODE,
  Opcode,
  OUT_HEADER_SIZE,
  writingOpcodes,
} from './protocol/constants.ts';
import {
  type Dirent,
  direntLength,
  direntPlusLength,
  encodeAttrOut,
  encodeDirent,
  encodeDirentPlus,
  encodeEntryOut,
  encodeInitOut,
  encodeLinkTarget,
  encodeOpenOut,
  encodeOutHeader,
  encodeStatfsOut,
} from './protocol/reply.ts';
import {
  decodeAccessMask,
  decodeInHeader,
  decodeInitIn,
  decodeName,
  decodeOpenFlags,
  decodeReadIn,
  decodeReleasedHandle,
  type InHeader,
  inHeaderOf,
} from './protocol/request.ts';

/** Nothing is ever written, so the smallest the kernel takes. */
const maxWriteBytes = 4096;
const wantedFlags =
  FUSE_BIG_WRITES | FUSE_DO_READDIRPLUS | FUSE_READDIRPLUS_AUTO | FUSE_PARALLEL_DIROPS;

/** Bits of an access(2) mask. */
const R_OK = 4;
const W_OK = 2;
const X_OK = 1;
const NO_REPLY = 0;
/** In `unique`: the kernel sends it again, because it was asked to (FUSE_UNIQUE_RESEND). */
const RESENT = 1n << 63n;

/** Told of every answer that was an unexpected error, and of requests beyond understanding. */
export type ReportError = (error: unknown, header: InHeader | undefined) => void;

/** Requests that a file system answers beyond those of a read-only tree. */
export interface MoreRequests {
  /** Writes the answer's body behind the header; the whole length, `undefined` if not its own. */
  answer(
    header: InHeader,
    request: Buffer,
    reply: Buffer,
    isAskedAgain: boolean,
  ): number | undefined;
}

/**
 * `again`: somebody took the request, and has not answered it. `perhaps answered`: whoever took it
 * died, perhaps after its answer was out; then the answer is sent by deliver().
 */
export type Asked = 'once' | 'again' | 'perhaps answered';

interface Answering {
  readonly reply: Buffer;
  readonly asked: Asked;
}

export class Session {
  readonly #fileSystem: FileSystem;
  readonly #reportError: ReportError;
  readonly #more: MoreRequests | undefined;

  constructor(fileSystem: FileSystem, reportError: ReportError, more?: MoreRequests) {
    this.#fileSystem = fileSystem;
    this.#reportError = reportError;
    this.#more = more;
  }

  /**
   * Answers the request in the first `length` bytes of `request`. Never throws.
   *
   * @returns the bytes of `reply` to send, or 0 when this request has no answer.
   */
  answer(request: Buffer, length: number, reply: Buffer, asked: Asked = 'once'): number {
    try {
      return this.tryAnswer(request, length, reply, asked);
    } catch (error) {
      this.report(error, request, length);
      return length < IN_HEADER_SIZE ? NO_REPLY : encodeFailure(error, request, reply);
    }
  }

  /** The same, but throws what no rule of the file system foresees. */
  tryAnswer(request: Buffer, length: number, reply: Buffer, asked: Asked): number {
    try {
      const header = decodeInHeader(request, length);
      const replyLength =
        this.#more?.answer(header, request, reply, asked !== 'once') ??
        this.#dispatch(header, request, { reply, asked });
      if (replyLength !== NO_REPLY) encodeOutHeader(reply, replyLength, 0, header.unique);
      return replyLength;
    } catch (error) {
      if (error instanceof FsError) return encodeFailure(error, request, reply);
      throw error;
    }
  }

  /** Tells of what tryAnswer() threw. */
  report(error: unknown, request: Buffer, length: number): void {
    this.#reportError(error, inHeaderOf(request, length));
  }

  /** Sends the answer to a request that was perhaps answered. */
  deliver(send: () => boolean): void {
    if (this.#fileSystem.deliver === undefined) send();
    else this.#fileSystem.deliver(send);
  }

  #dispatch(header: InHeader, request: Buffer, { reply, asked }: Answering): number {
    switch (header.opcode) {
      case Opcode.READ:
        return this.#read(header, request, { reply, asked });
      case Opcode.OPEN:
        return this.#open(header, request, reply);
      case Opcode.RELEASE:
        this.#fileSystem.releaseFile(decodeReleasedHandle(request, header));
        return OUT_HEADER_SIZE;
      case Opcode.FORGET:
      case Opcode.BATCH_FORGET:
      case Opcode.INTERRUPT:
        // Node ids are constants, so nothing counts lookups. An interrupted
        // request is answered in the next microseconds anyway.
        return NO_REPLY;
      case Opcode.DESTROY:
      case Opcode.RELEASEDIR:
        return OUT_HEADER_SIZE;
      default:
        return this.#dispatchRare(header, request, reply);
    }
  }

  #dispatchRare(header: InHeader, request: Buffer, reply: Buffer): number {
    const at = OUT_HEADER_SIZE;
    switch (header.opcode) {
      case Opcode.INIT:
        return at + this.#init(header, request, reply);
      case Opcode.LOOKUP: {
        const name = decodeName(request, header);
        return at + encodeEntryOut(reply, at, this.#fileSystem.lookup(header.nodeId, name, header));
      }
      case Opcode.GETATTR:
        return at + encodeAttrOut(reply, at, this.#fileSystem.attr(header.nodeId, header));
      case Opcode.READLINK: {
        const target = this.#fileSystem.linkTarget(header.nodeId, header);
        return at + encodeLinkTarget(reply, at, target);
      }
      case Opcode.ACCESS:
        return this.#access(header, request);
      case Opcode.STATFS:
        return at + encodeStatfsOut(reply, at);
      case Opcode.OPENDIR: {
        const isShared = this.#fileSystem.openDirectory(header.nodeId, header);
        const openFlags = isShared ? FOPEN_CACHE_DIR | FOPEN_KEEP_CACHE : 0;
        return at + encodeOpenOut(reply, at, 0, openFlags);
      }
      case Opcode.READDIR:
      case Opcode.READDIRPLUS:
        return this.#readDirectory(header, request, reply);
      default:
        throw refusalOf(header.opcode);
    }
  }

  /** A kernel with a higher major version asks again with ours. */
  #init(header: InHeader, request: Buffer, reply: Buffer): number {
    const kernel = decodeInitIn(request, header);
    const isOld = kernel.major === FUSE_KERNEL_VERSION && kernel.minor < MINIMUM_MINOR_VERSION;
    if (kernel.major < FUSE_KERNEL_VERSION || isOld) {
      throw new FsError(`Cannot speak FUSE ${kernel.major}.${kernel.minor}`, EPROTO);
    }
    // The minor of another major says nothing of ours.
    const isOurs = kernel.major === FUSE_KERNEL_VERSION;
    return encodeInitOut(reply, OUT_HEADER_SIZE, {
      major: FUSE_KERNEL_VERSION,
      minor: isOurs ? Math.min(kernel.minor, FUSE_KERNEL_MINOR_VERSION) : FUSE_KERNEL_MINOR_VERSION,
      maxReadahead: kernel.maxReadahead,
      flags: kernel.flags & wantedFlags,
      maxWrite: maxWriteBytes,
    });
  }

  #open(header: InHeader, request: Buffer, reply: Buffer): number {
    const flags = decodeOpenFlags(request, header);
    if ((flags & O_ACCMODE) !== 0) throw new FsError('Cannot open for writing', EACCES);
    const handle = this.#fileSystem.openFile(header.nodeId, header);
    // Direct I/O: the text differs from reader to reader, so no page of it may be shared.
    const openFlags = FOPEN_DIRECT_IO | FOPEN_NOFLUSH;
    return OUT_HEADER_SIZE + encodeOpenOut(reply, OUT_HEADER_SIZE, handle, openFlags);
  }

  #read(header: InHeader, request: Buffer, { reply, asked }: Answering): number {
    const { handle, offset, size, readFlags } = decodeReadIn(request, header);
    // Direct reads name the reader (fuse_direct_io()); fills of the page cache, for sendfile(2),
    // splice(2) and mmap(2), name nobody. A cached page would be shown to every container.
    if ((readFlags & FUSE_READ_LOCKOWNER) === 0) {
      throw new FsError('Cannot read through the page cache', EINVAL);
    }
    const room = Math.min(size, reply.length - OUT_HEADER_SIZE);
    const isAskedAgain = asked !== 'once' || (header.unique & RESENT) !== 0n;
    const mayBeAnswered = asked === 'perhaps answered';
    const { nodeId } = header;
    const read = { nodeId, handle, offset, size: room, isAskedAgain, mayBeAnswered };
    const caller: Caller = header;
    return OUT_HEADER_SIZE + this.#fileSystem.readFile(read, caller, reply, OUT_HEADER_SIZE);
  }

  #access(header: InHeader, request: Buffer): number {
    const mask = decodeAccessMask(request, header);
    const { mode, uid = 0, gid = 0 } = this.#fileSystem.attr(header.nodeId, header);
    if ((mask & W_OK) !== 0) throw new FsError('Cannot write: read-only file system', EROFS);
    // Root reads everything, but executes only what somebody may execute.
    const rootMay = mode | (mode >> 3) | (mode >> 6) | R_OK;
    const shift = header.uid === uid ? 6 : header.gid === gid ? 3 : 0;
    const granted = header.uid === 0 ? rootMay : mode >> shift;
    if ((mask & (R_OK | X_OK) & ~granted) !== 0) throw new FsError('Permission denied', EACCES);
    return OUT_HEADER_SIZE;
  }

  #readDirectory(header: InHeader, request: Buffer, reply: Buffer): number {
    const { offset, size } = decodeReadIn(request, header);
    const isPlus = header.opcode === Opcode.READDIRPLUS;
    const lengthOf = isPlus ? direntPlusLength : direntLength;
    const encode = (entry: Dirent, at: number) =>
      isPlus ? encodeDirentPlus(reply, at, entry) : encodeDirent(reply, at, entry);
    const end = OUT_HEADER_SIZE + Math.min(size, reply.length - OUT_HEADER_SIZE);
    let at = OUT_HEADER_SIZE;
    for (const entry of this.#fileSystem.directory(header.nodeId, header)) {
      if (entry.nextOffset <= offset) continue;
      if (at + lengthOf(entry) > end) break;
      at += encode(entry, at);
    }
    return at;
  }
}

/** The answer that a request failed. Preconditions: it has a whole header. */
export function encodeFailure(error: unknown, request: Buffer, reply: Buffer): number {
  encodeOutHeader(reply, OUT_HEADER_SIZE, errnoOf(error), request.readBigUInt64LE(8));
  return OUT_HEADER_SIZE;
}

/** The answer EIO to a request that nobody else will answer. */
export function encodeErrorReply(unique: bigint): Buffer {
  const reply = Buffer.alloc(OUT_HEADER_SIZE);
  encodeOutHeader(reply, OUT_HEADER_SIZE, EIO, unique);
  return reply;
}

/**
 * ENOSYS only for opcodes that are not implemented at all: the kernel remembers
 * it and never asks again. Everything that would change something is EROFS.
 */
function refusalOf(opcode: number): FsError {
  const name = writingOpcodes.get(opcode);
  if (name !== undefined) return new FsError(`Cannot ${name}: read-only file system`, EROFS);
  if (opcode === 0) return new FsError('Cannot answer opcode 0', EINVAL);
  return new FsError(`Cannot answer opcode ${opcode}: not implemented`, ENOSYS);
}
