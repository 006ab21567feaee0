// A file system whose files generate their text when they are read, with the
// offset rules of the kernel's seq_file.

import { FsError } from '../fuse/errno.ts';
import type { Caller, FileRead, FileSystem } from '../fuse/file-system.ts';
import { EINVAL, EIO, EISDIR, ENOENT, ENOTDIR } from '../fuse/protocol/constants.ts';
import type { Attr, Dirent } from '../fuse/protocol/reply.ts';
import type { DynamicTree } from './dynamic-tree.ts';
import type { OpenFiles, ReadEnd } from './open-files.ts';
import type { GeneratedText, Tree } from './tree.ts';

export class GeneratedFileSystem implements FileSystem {
  readonly #tree: Tree;
  readonly #openFiles: OpenFiles;
  readonly #dynamic: DynamicTree | undefined;
  /** What a fresh text would be remembered as. */
  #undelivered: ReadEnd | undefined;

  /** The fixed tree has a directory wherever the dynamic one begins, with the same node id. */
  constructor(tree: Tree, openFiles: OpenFiles, dynamic?: DynamicTree) {
    this.#tree = tree;
    this.#openFiles = openFiles;
    this.#dynamic = dynamic;
  }

  lookup(parentId: number, name: string, caller: Caller): Attr {
    const dynamic = this.#dynamicOf(parentId);
    const child = dynamic
      ? dynamic.child(parentId, name, caller)
      : this.#tree.child(parentId, name);
    if (child === undefined) throw new FsError(`No entry ${name}`, ENOENT);
    return dynamic ? child : this.attr(child.nodeId, caller);
  }

  attr(nodeId: number, caller: Caller): Attr {
    const dynamic = this.#dynamicOf(nodeId);
    const attr = dynamic ? dynamic.attr(nodeId, caller) : this.#tree.attr(nodeId);
    if (attr === undefined) throw new FsError(`No node ${nodeId}`, ENOENT);
    return attr;
  }

  linkTarget(nodeId: number, caller: Caller): string {
    const target = this.#dynamicOf(nodeId)?.linkTarget(nodeId, caller);
    if (target === undefined) throw this.#refusal(nodeId, EINVAL);
    return target;
  }

  /** The kernel has just asked for a dynamic node's attributes, and directory() looks again. */
  openDirectory(nodeId: number): boolean {
    if (this.#dynamicOf(nodeId)) return false;
    if (this.#tree.entries(nodeId) === undefined) throw this.#refusal(nodeId, ENOTDIR);
    return true;
  }

  directory(nodeId: number, caller: Caller): readonly Dirent[] {
    const dynamic = this.#dynamicOf(nodeId);
    const entries = dynamic ? dynamic.entries(nodeId, caller) : this.#tree.entries(nodeId);
    if (entries === undefined) throw this.#refusal(nodeId, ENOTDIR);
    return entries;
  }

  /** As openDirectory(): readFile() looks again. */
  openFile(nodeId: number): number {
    const isFile = this.#tree.file(nodeId) !== undefined || this.#dynamicOf(nodeId) !== undefined;
    if (!isFile) throw this.#refusal(nodeId, EISDIR);
    return this.#openFiles.nextHandle();
  }

  releaseFile(handle: number): void {
    this.#openFiles.release(handle);
  }

  /**
   * A read that goes on where the last one of its handle ended gets the next
   * piece of the same text; every other read gets a fresh text, as with
   * single_open() in fs/seq_file.c. Sequential reads must see one text, or a
   * reader with a small buffer stitches two moments together.
   */
  readFile(read: FileRead, caller: Caller, into: Buffer, at: number): number {
    const { handle, offset, size } = read;
    if (offset > 0) {
      const target = into.subarray(at, at + size);
      const continued = this.#openFiles.readOn(read, target);
      if (continued !== undefined) return continued;
      // Another server's, whose memory is lost: with a fresh text two moments could be mixed.
      if (!this.#openFiles.hasGiven(handle)) throw new FsError('Unknown open file', EIO);
    }
    const { text, owner } = this.#generate(read.nodeId, caller);
    const count = Math.max(0, Math.min(size, text.length - offset));
    if (count === text.length) into.write(text, at, 'latin1');
    else into.write(text.slice(offset, offset + count), at, 'latin1');
    const end = { handle, owner, text, nextOffset: offset + count };
    if (read.mayBeAnswered === true) this.#undelivered = end;
    else this.#openFiles.begin(end);
    return count;
  }

  /** If nobody waits for a fresh text, its reader has another one, and may be reading on. */
  deliver(send: () => boolean): void {
    const end = this.#undelivered;
    this.#undelivered = undefined;
    if (end === undefined) send();
    else this.#openFiles.beginIf(end, send);
  }

  /** Fixed files first: theirs is the path that must be short. */
  #generate(nodeId: number, caller: Caller): GeneratedText {
    const file = this.#tree.file(nodeId);
    if (file !== undefined) return file.generate(caller);
    const text = this.#dynamicOf(nodeId)?.text(nodeId, caller);
    if (text === undefined) throw this.#refusal(nodeId, EISDIR);
    return text;
  }

  /** `errno` for a node of another type; a dynamic node is not there for its caller. */
  #refusal(nodeId: number, errno: number): FsError {
    const isThere = this.#tree.attr(nodeId) !== undefined;
    return new FsError(`Cannot use node ${nodeId} so`, isThere ? errno : ENOENT);
  }

  #dynamicOf(nodeId: number): DynamicTree | undefined {
    return this.#dynamic?.owns(nodeId) ? this.#dynamic : undefined;
  }
}
