// What files with triggers need beyond reading: OPEN for writing, WRITE, POLL, and SETATTR as
// O_TRUNC sends it.

import { FsError } from './errno.ts';
import type { Caller } from './file-system.ts';
import {
  EPERM,
  FATTR_GID,
  FATTR_MODE,
  FATTR_UID,
  FOPEN_DIRECT_IO,
  FOPEN_NOFLUSH,
  FUSE_POLL_SCHEDULE_NOTIFY,
  O_ACCMODE,
  Opcode,
  OUT_HEADER_SIZE,
} from './protocol/constants.ts';
import {
  type Attr,
  encodeAttrOut,
  encodeOpenOut,
  encodePollOut,
  encodeWriteOut,
} from './protocol/reply.ts';
import {
  decodeChangedAttrs,
  decodeOpenFlags,
  decodePollIn,
  decodeWriteIn,
  type InHeader,
  type PollIn,
  type WriteIn,
} from './protocol/request.ts';
import type { MoreRequests } from './session.ts';

/** In `unique`: the kernel sends it again, because it was asked to (FUSE_UNIQUE_RESEND). */
const RESENT = 1n << 63n;

/** A write to an open file. */
export interface FileWrite extends WriteIn {
  readonly nodeId: number;
  /** Whether an earlier server took it, and perhaps did it. */
  readonly isAskedAgain: boolean;
}

/** A poll of an open file; `mustNotify` when somebody waits for what the answer is not yet. */
export interface FilePoll extends Pick<PollIn, 'handle' | 'kernelHandle'> {
  readonly mustNotify: boolean;
}

/** Refusals are thrown as FsError. */
export interface TriggerFiles {
  attr(nodeId: number, caller: Caller): Attr;
  /** A new handle. */
  openForWriting(nodeId: number, caller: Caller): number;
  /** How many bytes were taken. */
  writeFile(write: FileWrite, caller: Caller): number;
  /** Bits of poll(2). */
  pollFile(poll: FilePoll): number;
}

const changesRights = FATTR_MODE | FATTR_UID | FATTR_GID;

export class TriggerRequests implements MoreRequests {
  readonly #files: TriggerFiles;

  constructor(files: TriggerFiles) {
    this.#files = files;
  }

  answer(
    header: InHeader,
    request: Buffer,
    reply: Buffer,
    isRepeated: boolean,
  ): number | undefined {
    switch (header.opcode) {
      case Opcode.OPEN:
        return this.#open(header, request, reply);
      case Opcode.WRITE: {
        const isAskedAgain = isRepeated || (header.unique & RESENT) !== 0n;
        const write = { ...decodeWriteIn(request, header), nodeId: header.nodeId, isAskedAgain };
        const taken = this.#files.writeFile(write, header);
        return OUT_HEADER_SIZE + encodeWriteOut(reply, OUT_HEADER_SIZE, taken);
      }
      case Opcode.POLL: {
        const { flags, ...poll } = decodePollIn(request, header);
        const mustNotify = (flags & FUSE_POLL_SCHEDULE_NOTIFY) !== 0;
        const revents = this.#files.pollFile({ ...poll, mustNotify });
        return OUT_HEADER_SIZE + encodePollOut(reply, OUT_HEADER_SIZE, revents);
      }
      case Opcode.SETATTR:
        return this.#setAttr(header, request, reply);
      default:
        return undefined;
    }
  }

  #open(header: InHeader, request: Buffer, reply: Buffer): number | undefined {
    if ((decodeOpenFlags(request, header) & O_ACCMODE) === 0) return undefined;
    const handle = this.#files.openForWriting(header.nodeId, header);
    const openFlags = FOPEN_DIRECT_IO | FOPEN_NOFLUSH;
    return OUT_HEADER_SIZE + encodeOpenOut(reply, OUT_HEADER_SIZE, handle, openFlags);
  }

  /** A new size or time changes nothing, as in procfs: a shell's `>` opens with O_TRUNC. */
  #setAttr(header: InHeader, request: Buffer, reply: Buffer): number {
    const attr = this.#files.attr(header.nodeId, header);
    if ((decodeChangedAttrs(request, header) & changesRights) !== 0) {
      throw new FsError('Cannot change rights', EPERM);
    }
    return OUT_HEADER_SIZE + encodeAttrOut(reply, OUT_HEADER_SIZE, { ...attr, validSec: 0 });
  }
}
