// A part of a file system whose directories differ from caller to caller.
//
// The kernel has one cache of names for all of them. So a name leads to the same node for
// every caller, and a node that a caller does not have is refused when the kernel
// asks for its attributes, which it does before each use (Attr.validSec 0).

import type { Caller } from '../fuse/file-system.ts';
import type { Attr, Dirent } from '../fuse/protocol/reply.ts';
import type { GeneratedText } from './tree.ts';

/** `undefined` says that the caller has no such node, or that it is of another type. */
export interface DynamicTree {
  /** Whether the node id is one of this tree's, be the node there or not. */
  owns(nodeId: number): boolean;
  /**
   * The node of a name: of any that exists for some caller, or the kernel drops the name for
   * all of them, and with it what is mounted there.
   */
  child(parentId: number, name: string, caller: Caller): Attr | undefined;
  attr(nodeId: number, caller: Caller): Attr | undefined;
  /** With `.` and `..`; the attributes are those of READDIR: node, inode and type. */
  entries(nodeId: number, caller: Caller): readonly Dirent[] | undefined;
  linkTarget(nodeId: number, caller: Caller): string | undefined;
  /** Throws FsError when the caller may not read the file. */
  text(nodeId: number, caller: Caller): GeneratedText | undefined;
}
