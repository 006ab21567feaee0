// A file system whose files generate their text when they are read, with the
// offset rules of the kernel's seq_file.

import { FsError } from '../fuse/errno.ts';
import type { Caller, FileRead, FileSystem } from '../fuse/file-system.ts';
import { EISDIR, ENOENT, ENOTDIR } from '../fuse/protocol/constants.ts';
import type { Attr, Dirent } from '../fuse/protocol/reply.ts';
import type { OpenFiles } from './open-files.ts';
import type { GeneratedFile, Tree } from './tree.ts';

export class GeneratedFileSystem implements FileSystem {
  readonly #tree: Tree;
  readonly #openFiles: OpenFiles;

  constructor(tree: Tree, openFiles: OpenFiles) {
    this.#tree = tree;
    this.#openFiles = openFiles;
  }

  lookup(parentId: number, name: string): Attr {
    const child = this.#tree.child(parentId, name);
    if (child === undefined) throw new FsError(`No entry ${name}`, ENOENT);
    return child;
  }

  attr(nodeId: number): Attr {
    const attr = this.#tree.attr(nodeId);
    if (attr === undefined) throw new FsError(`No node ${nodeId}`, ENOENT);
    return attr;
  }

  directory(nodeId: number): readonly Dirent[] {
    this.attr(nodeId);
    const entries = this.#tree.entries(nodeId);
    if (entries === undefined) throw new FsError(`Node ${nodeId} is no directory`, ENOTDIR);
    return entries;
  }

  openFile(nodeId: number): number {
    this.#file(nodeId);
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
      const continued = this.#openFiles.readOn(handle, offset, target);
      if (continued !== undefined) return continued;
    }
    const { text, owner } = this.#file(read.nodeId).generate(caller);
    const count = Math.max(0, Math.min(size, text.length - offset));
    if (count === text.length) into.write(text, at, 'latin1');
    else into.write(text.slice(offset, offset + count), at, 'latin1');
    this.#openFiles.begin({ handle, owner, text, nextOffset: offset + count });
    return count;
  }

  #file(nodeId: number): GeneratedFile {
    const file = this.#tree.file(nodeId);
    if (file !== undefined) return file;
    if (this.#tree.attr(nodeId) === undefined) throw new FsError(`No node ${nodeId}`, ENOENT);
    throw new FsError(`Node ${nodeId} is a directory`, EISDIR);
  }
}
