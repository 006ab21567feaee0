// What a session needs of a file system. All calls are synchronous: the thread
// that took the request is the thread that answers it.

import type { Attr, Dirent } from './protocol/reply.ts';

/** Who made the request, as the kernel says it. */
export interface Caller {
  /** Calling thread; 0 when it has no number in the daemon's pid namespace. */
  readonly callerTid: number;
  readonly uid: number;
  readonly gid: number;
}

/** A read of an open file. */
export interface FileRead {
  readonly nodeId: number;
  readonly handle: number;
  readonly offset: number;
  readonly size: number;
  /** Whether somebody took it before, who perhaps read and did not answer. */
  readonly isAskedAgain: boolean;
  /** Whether it perhaps was answered: then what it gets counts only as deliver() has it. */
  readonly mayBeAnswered?: boolean;
}

/** Refusals are thrown as FsError. */
export interface FileSystem {
  /**
   * The child of a directory; ENOENT when there is none of that name. One that only other
   * callers have may be told as well: attr() is what refuses it.
   */
  lookup(parentId: number, name: string, caller: Caller): Attr;
  attr(nodeId: number, caller: Caller): Attr;
  linkTarget(nodeId: number, caller: Caller): string;
  /** Whether all callers find the same entries. A node that the caller does not have may pass. */
  openDirectory(nodeId: number, caller: Caller): boolean;
  /** All entries in order, `.` and `..` first. */
  directory(nodeId: number, caller: Caller): readonly Dirent[];
  /** A new handle. A node that the caller may not read may pass: readFile() is what refuses it. */
  openFile(nodeId: number, caller: Caller): number;
  /** Writes at most `read.size` bytes at `at`; returns how many, 0 at the end. */
  readFile(read: FileRead, caller: Caller, into: Buffer, at: number): number;
  /** Sends the answer of a read that may be answered; `send` tells whether anybody got it. */
  deliver?(send: () => boolean): void;
  releaseFile(handle: number): void;
}
