// The operations of fuse-native, which name what they mean by its path, on a file system of
// nodes. Each gives exactly one answer, whatever happens.

import { errnoOf, FsError } from '../fuse/errno.ts';
import type { Caller, FileSystem } from '../fuse/file-system.ts';
import { EACCES, EINVAL, O_ACCMODE, Opcode, ROOT_NODE_ID } from '../fuse/protocol/constants.ts';
import { type Attr, blockBytesOf, type Dirent } from '../fuse/protocol/reply.ts';
import { withFds } from '../kernel/out-of-fds.ts';
import { type CallerPath, parseCallerPath } from './caller-path.ts';
import type { FuseNativeOperations, Stat } from './fuse-native-package.ts';

/** Told of every answer that was an unexpected error. */
export type ReportError = (error: unknown, request: FailedRequest) => void;

interface FailedRequest extends Pick<CallerPath, 'opcode'>, Pick<Caller, 'callerTid'> {}

interface OpenFile {
  readonly nodeId: number;
  readonly handle: number;
}

/** As the kernel sees it when nothing is counted: see encodeStatfsOut(). */
const statOfFileSystem = { bsize: 4096, frsize: 4096, namemax: 255 };
/** Numbers of open files are 32-bit integers in fuse-native, and 0 is none. */
const largestFile = 2 ** 31 - 1;

export interface PathOperationsParts {
  readonly fileSystem: FileSystem;
  readonly reportError: ReportError;
  /** Gives back the fds that are kept for later. */
  readonly giveBackFds: () => void;
}

export class PathOperations {
  readonly #fileSystem: FileSystem;
  readonly #reportError: ReportError;
  readonly #giveBackFds: () => void;
  readonly #openFiles = new Map<number, OpenFile>();
  #lastFile = 0;
  #answered = 0;

  constructor({ fileSystem, reportError, giveBackFds }: PathOperationsParts) {
    this.#fileSystem = fileSystem;
    this.#reportError = reportError;
    this.#giveBackFds = giveBackFds;
  }

  /** How many requests were answered. */
  answered(): number {
    return this.#answered;
  }

  /** As the package calls them, without a `this`. */
  operations(): FuseNativeOperations {
    const fileSystem = this.#fileSystem;
    return {
      getattr: (path, answer) => this.#serve(path, answer, (asked) => statOf(this.#attr(asked))),
      readlink: (path, answer) =>
        this.#serve(path, answer, (asked) =>
          fileSystem.linkTarget(this.#nodeOf(asked).nodeId, asked.caller),
        ),
      statfs: (_path, answer) => answer(0, statOfFileSystem),
      readdir: (path, answer) =>
        this.#serve(
          path,
          (result, entries: readonly Dirent[] = []) =>
            answer(result, entries.map(nameOf), entries.map(statOfEntry)),
          (asked) => fileSystem.directory(this.#nodeOf(asked).nodeId, asked.caller),
        ),
      open: (path, flags, answer) => this.#serve(path, answer, (asked) => this.#open(asked, flags)),
      read: (path, ...[file, into, size, offset, answer]) =>
        this.#serve(
          path,
          (result, count: number = 0) => answer(result < 0 ? result : count),
          ({ caller }): number => {
            const read = { ...this.#opened(file), offset, size, isAskedAgain: false };
            return fileSystem.readFile(read, caller, into, 0);
          },
        ),
      release: (path, file, answer) =>
        this.#serve(
          path,
          (result) => answer(result),
          () => this.#release(file),
        ),
    };
  }

  /** `answer` is called once, and outside of what is tried. */
  #serve<Value>(
    path: string,
    answer: (result: number, value?: Value) => void,
    make: (asked: CallerPath) => Value,
  ): void {
    const asked = parseCallerPath(path);
    this.#answered++;
    let value: Value;
    try {
      value = withFds(() => make(asked), this.#giveBackFds);
    } catch (error) {
      this.#fail(error, asked, answer);
      return;
    }
    answer(0, value);
  }

  #fail(error: unknown, { opcode, caller }: CallerPath, answer: (result: number) => void): void {
    try {
      if (error instanceof FsError) return;
      this.#reportError(error, { opcode, callerTid: caller.callerTid });
    } finally {
      answer(-errnoOf(error));
    }
  }

  #nodeOf({ names, caller }: CallerPath): Attr {
    const root = this.#fileSystem.attr(ROOT_NODE_ID, caller);
    return names.reduce((at, name) => this.#fileSystem.lookup(at.nodeId, name, caller), root);
  }

  /** A name leads to a node whether its caller has it or not: see FileSystem.lookup(). */
  #attr(asked: CallerPath): Attr {
    const node = this.#nodeOf(asked);
    return asked.opcode === Opcode.LOOKUP ? node : this.#fileSystem.attr(node.nodeId, asked.caller);
  }

  #open(asked: CallerPath, flags: number): number {
    if ((flags & O_ACCMODE) !== 0) throw new FsError('Cannot open for writing', EACCES);
    const { nodeId } = this.#nodeOf(asked);
    const handle = this.#fileSystem.openFile(nodeId, asked.caller);
    const file = this.#nextFile();
    this.#openFiles.set(file, { nodeId, handle });
    return file;
  }

  #opened(file: number): OpenFile {
    const opened = this.#openFiles.get(file);
    if (opened === undefined) throw new FsError('Cannot read: it is not open', EINVAL);
    return opened;
  }

  #nextFile(): number {
    do this.#lastFile = (this.#lastFile % largestFile) + 1;
    while (this.#openFiles.has(this.#lastFile));
    return this.#lastFile;
  }

  #release(file: number): void {
    const open = this.#openFiles.get(file);
    if (open === undefined) return;
    this.#openFiles.delete(file);
    this.#fileSystem.releaseFile(open.handle);
  }
}

function nameOf({ name }: Dirent): string {
  return name;
}

function statOfEntry({ attr }: Dirent): Stat {
  return statOf(attr);
}

function statOf(attr: Attr): Stat {
  const { nodeId, mode, linkCount, sizeBytes, timeSec, inode = nodeId, uid = 0, gid = 0 } = attr;
  const time = timeSec * 1000;
  return {
    mode,
    uid,
    gid,
    size: sizeBytes,
    nlink: linkCount,
    ino: inode,
    blksize: blockBytesOf(attr),
    atime: time,
    mtime: time,
    ctime: time,
  };
}
