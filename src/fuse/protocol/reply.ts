// Values -> bytes of an answer. Each function writes a body at `at` and returns
// its length; the header in front is written last, by encodeOutHeader().

import {
  ATTR_OUT_SIZE,
  DIRENT_SIZE,
  ENTRY_OUT_SIZE,
  FUSE_NOTIFY_POLL,
  INIT_OUT_SIZE,
  NOTIFY_POLL_SIZE,
  OPEN_OUT_SIZE,
  OUT_HEADER_SIZE,
  POLL_OUT_SIZE,
  S_IFMT,
  STATFS_OUT_SIZE,
  WRITE_OUT_SIZE,
} from './constants.ts';

const twoTo32 = 2 ** 32;

function writeU64(reply: Buffer, value: number, offset: number): void {
  reply.writeUInt32LE(value % twoTo32, offset);
  reply.writeUInt32LE(Math.floor(value / twoTo32), offset + 4);
}

/** struct fuse_out_header. `errno` is positive, 0 for success. */
export function encodeOutHeader(
  reply: Buffer,
  length: number,
  errno: number,
  unique: bigint,
): void {
  reply.writeUInt32LE(length, 0);
  reply.writeInt32LE(-errno, 4);
  reply.writeBigUInt64LE(unique, 8);
}

/** What stat(2) says of a node. */
export interface Attr {
  readonly nodeId: number;
  /** Type and permission bits. */
  readonly mode: number;
  readonly linkCount: number;
  readonly sizeBytes: number;
  /** All three times, seconds since 1970. */
  readonly timeSec: number;
  /** The number that programs see; the node id unless given. */
  readonly inode?: number;
  /** root's unless given. */
  readonly uid?: number;
  readonly gid?: number;
  /**
   * How long the kernel may answer from this. 0: it asks for every caller, since the next one
   * may have no such node. As long as the mount lives unless given.
   */
  readonly validSec?: number;
}

/** A year: for what never changes while the file system is mounted. */
const foreverSec = 365 * 24 * 3600;

function validityOf({ validSec = foreverSec }: Attr): number {
  return validSec;
}

const smallestBlockBytes = 4096;

/**
 * The block size that stat(2) shows, a power of two. A file of at most one block is read from
 * its beginning also by programs that want its end (`tail -c`): the end of a text is not
 * where its size says. stdio takes its buffers of that size.
 */
export function blockBytesOf({ sizeBytes }: Attr): number {
  return Math.max(smallestBlockBytes, 2 ** Math.ceil(Math.log2(Math.max(1, sizeBytes))));
}

/** struct fuse_attr. */
function encodeAttr(reply: Buffer, at: number, attr: Attr): void {
  reply.fill(0, at, at + 88);
  writeU64(reply, attr.inode ?? attr.nodeId, at);
  writeU64(reply, attr.sizeBytes, at + 8);
  for (const offset of [24, 32, 40]) writeU64(reply, attr.timeSec, at + offset);
  reply.writeUInt32LE(attr.mode, at + 60);
  reply.writeUInt32LE(attr.linkCount, at + 64);
  reply.writeUInt32LE(attr.uid ?? 0, at + 68);
  reply.writeUInt32LE(attr.gid ?? 0, at + 72);
  reply.writeUInt32LE(blockBytesOf(attr), at + 80);
}

/** struct fuse_attr_out. */
export function encodeAttrOut(reply: Buffer, at: number, attr: Attr): number {
  writeU64(reply, validityOf(attr), at);
  writeU64(reply, 0, at + 8);
  encodeAttr(reply, at + 16, attr);
  return ATTR_OUT_SIZE;
}

/**
 * struct fuse_entry_out: what a name refers to. A name leads to the same node for ever and for
 * every caller; whether a caller has that node is for GETATTR to say.
 */
export function encodeEntryOut(reply: Buffer, at: number, attr: Attr): number {
  writeU64(reply, attr.nodeId, at);
  writeU64(reply, 0, at + 8);
  writeU64(reply, foreverSec, at + 16);
  writeU64(reply, validityOf(attr), at + 24);
  writeU64(reply, 0, at + 32);
  encodeAttr(reply, at + 40, attr);
  return ENTRY_OUT_SIZE;
}

/** struct fuse_open_out. */
export function encodeOpenOut(
  reply: Buffer,
  at: number,
  handle: number,
  openFlags: number,
): number {
  writeU64(reply, handle, at);
  reply.writeUInt32LE(openFlags, at + 8);
  reply.writeUInt32LE(0, at + 12);
  return OPEN_OUT_SIZE;
}

/** struct fuse_write_out: how many bytes were taken. */
export function encodeWriteOut(reply: Buffer, at: number, size: number): number {
  reply.writeUInt32LE(size, at);
  reply.writeUInt32LE(0, at + 4);
  return WRITE_OUT_SIZE;
}

/** struct fuse_poll_out. */
export function encodePollOut(reply: Buffer, at: number, revents: number): number {
  reply.writeUInt32LE(revents, at);
  reply.writeUInt32LE(0, at + 4);
  return POLL_OUT_SIZE;
}

/**
 * A whole message (struct fuse_notify_poll_wakeup_out) that makes those who wait for the
 * file of a kernel handle ask again.
 */
export function encodePollNotification(kernelHandle: bigint): Buffer {
  const message = Buffer.alloc(OUT_HEADER_SIZE + NOTIFY_POLL_SIZE);
  message.writeUInt32LE(message.length, 0);
  message.writeInt32LE(FUSE_NOTIFY_POLL, 4);
  message.writeBigUInt64LE(kernelHandle, OUT_HEADER_SIZE);
  return message;
}

/** struct fuse_statfs_out: all sizes 0, as procfs has it; names up to 255 bytes. */
export function encodeStatfsOut(reply: Buffer, at: number): number {
  reply.fill(0, at, at + STATFS_OUT_SIZE);
  reply.writeUInt32LE(4096, at + 40);
  reply.writeUInt32LE(255, at + 44);
  reply.writeUInt32LE(4096, at + 48);
  return STATFS_OUT_SIZE;
}

export interface InitOut {
  readonly major: number;
  readonly minor: number;
  readonly maxReadahead: number;
  readonly flags: number;
  readonly maxWrite: number;
}

/** struct fuse_init_out. */
export function encodeInitOut(reply: Buffer, at: number, init: InitOut): number {
  reply.fill(0, at, at + INIT_OUT_SIZE);
  reply.writeUInt32LE(init.major, at);
  reply.writeUInt32LE(init.minor, at + 4);
  reply.writeUInt32LE(init.maxReadahead, at + 8);
  reply.writeUInt32LE(init.flags, at + 12);
  reply.writeUInt32LE(init.maxWrite, at + 20);
  reply.writeUInt32LE(1, at + 24);
  return INIT_OUT_SIZE;
}

/** The target of a symbolic link: READLINK's whole answer, without NUL. */
export function encodeLinkTarget(reply: Buffer, at: number, target: string): number {
  return reply.write(target, at, 'latin1');
}

/** A name in a directory; `nextOffset` is where a reader that stops behind it goes on. */
export interface Dirent {
  readonly name: string;
  readonly attr: Attr;
  readonly nextOffset: number;
}

function paddedLength(name: string): number {
  return (DIRENT_SIZE + Buffer.byteLength(name) + 7) & ~7;
}

/** Bytes of a READDIR entry. */
export function direntLength(entry: Dirent): number {
  return paddedLength(entry.name);
}

/** struct fuse_dirent. */
export function encodeDirent(reply: Buffer, at: number, entry: Dirent): number {
  const length = paddedLength(entry.name);
  reply.fill(0, at, at + length);
  writeU64(reply, entry.attr.inode ?? entry.attr.nodeId, at);
  writeU64(reply, entry.nextOffset, at + 8);
  reply.writeUInt32LE(Buffer.byteLength(entry.name), at + 16);
  reply.writeUInt32LE((entry.attr.mode & S_IFMT) >> 12, at + 20);
  reply.write(entry.name, at + DIRENT_SIZE, 'utf8');
  return length;
}

/** Bytes of a READDIRPLUS entry. */
export function direntPlusLength(entry: Dirent): number {
  return ENTRY_OUT_SIZE + paddedLength(entry.name);
}

/**
 * struct fuse_direntplus. Node id 0 ("no lookup") for `.` and `..`, which the
 * kernel does not take into its cache, and for what it would have to ask again at once.
 */
export function encodeDirentPlus(reply: Buffer, at: number, entry: Dirent): number {
  const { name, attr } = entry;
  const isKept = name !== '.' && name !== '..' && attr.validSec !== 0;
  if (isKept) encodeEntryOut(reply, at, attr);
  else reply.fill(0, at, at + ENTRY_OUT_SIZE);
  return ENTRY_OUT_SIZE + encodeDirent(reply, at + ENTRY_OUT_SIZE, entry);
}
