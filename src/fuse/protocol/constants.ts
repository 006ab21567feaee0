// Numbers of the FUSE wire protocol, in the kernel's spelling (linux/fuse.h).

export const FUSE_KERNEL_VERSION = 7;
/** The protocol this code speaks; a kernel with a lower minor lowers it further. */
export const FUSE_KERNEL_MINOR_VERSION = 38;
/** Linux 4.2; below it INIT and the attributes have other sizes. */
export const MINIMUM_MINOR_VERSION = 23;

export const Opcode = {
  LOOKUP: 1,
  FORGET: 2,
  GETATTR: 3,
  SETATTR: 4,
  READLINK: 5,
  OPEN: 14,
  READ: 15,
  WRITE: 16,
  STATFS: 17,
  RELEASE: 18,
  INIT: 26,
  OPENDIR: 27,
  READDIR: 28,
  RELEASEDIR: 29,
  ACCESS: 34,
  INTERRUPT: 36,
  DESTROY: 38,
  POLL: 40,
  BATCH_FORGET: 42,
  READDIRPLUS: 44,
} as const;

/** Opcodes that change something: refused, and never learned as "not implemented". */
export const writingOpcodes: ReadonlyMap<number, string> = new Map([
  [4, 'SETATTR'],
  [6, 'SYMLINK'],
  [8, 'MKNOD'],
  [9, 'MKDIR'],
  [10, 'UNLINK'],
  [11, 'RMDIR'],
  [12, 'RENAME'],
  [13, 'LINK'],
  [16, 'WRITE'],
  [21, 'SETXATTR'],
  [24, 'REMOVEXATTR'],
  [35, 'CREATE'],
  [43, 'FALLOCATE'],
  [45, 'RENAME2'],
  [47, 'COPY_FILE_RANGE'],
  [51, 'TMPFILE'],
]);

/** Bits of OPEN's answer. */
export const FOPEN_DIRECT_IO = 1 << 0;
export const FOPEN_KEEP_CACHE = 1 << 1;
export const FOPEN_CACHE_DIR = 1 << 3;
export const FOPEN_NOFLUSH = 1 << 5;
/** A READ by read(2) itself; without it the kernel fills its page cache. */
export const FUSE_READ_LOCKOWNER = 1 << 1;

/** The waiting poll of POLL's kernel handle shall ask again. */
export const FUSE_POLL_SCHEDULE_NOTIFY = 1 << 0;
/** In place of an errno: an answer that nobody asked for, to wake a poll. */
export const FUSE_NOTIFY_POLL = 1;

/** What SETATTR changes. */
export const FATTR_MODE = 1 << 0;
export const FATTR_UID = 1 << 1;
export const FATTR_GID = 1 << 2;

/** Bits of open(2) flags that say how a file is opened. */
export const O_ACCMODE = 3;

/** Bits of poll(2), in the values that FUSE uses on all architectures. */
export const POLLIN = 0x1;
export const POLLPRI = 0x2;
export const POLLOUT = 0x4;
export const POLLERR = 0x8;
export const POLLRDNORM = 0x40;
export const POLLWRNORM = 0x100;

/** Capabilities of INIT. */
export const FUSE_BIG_WRITES = 1 << 5;
export const FUSE_DO_READDIRPLUS = 1 << 13;
export const FUSE_READDIRPLUS_AUTO = 1 << 14;
export const FUSE_PARALLEL_DIROPS = 1 << 18;

export const IN_HEADER_SIZE = 40;
export const OUT_HEADER_SIZE = 16;
export const ENTRY_OUT_SIZE = 128;
export const ATTR_OUT_SIZE = 104;
export const OPEN_OUT_SIZE = 16;
export const STATFS_OUT_SIZE = 80;
export const WRITE_OUT_SIZE = 8;
export const POLL_OUT_SIZE = 8;
export const NOTIFY_POLL_SIZE = 8;
export const INIT_OUT_SIZE = 64;
/** A directory entry without its name. */
export const DIRENT_SIZE = 24;

/** FUSE_ROOT_ID */
export const ROOT_NODE_ID = 1;

/** File type bits of a mode (stat.h) and their d_type. */
export const S_IFMT = 0o170000;
export const S_IFDIR = 0o040000;
export const S_IFREG = 0o100000;
export const S_IFLNK = 0o120000;

/** errnos that the protocol layer itself answers; the same on all Linux architectures. */
export const EPERM = 1;
export const ENOENT = 2;
export const EIO = 5;
export const EACCES = 13;
export const EBUSY = 16;
export const ENOTDIR = 20;
export const EISDIR = 21;
export const EINVAL = 22;
export const ENOSPC = 28;
export const EROFS = 30;
export const ENOSYS = 38;
export const EPROTO = 71;
export const EOPNOTSUPP = 95;
