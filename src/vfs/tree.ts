// The nodes of a fixed tree: directories, and files that generate their text.

import type { Caller } from '../fuse/file-system.ts';
import { ROOT_NODE_ID, S_IFDIR, S_IFREG } from '../fuse/protocol/constants.ts';
import type { Attr, Dirent } from '../fuse/protocol/reply.ts';

/** A file's text at one moment. ASCII (latin1) only. */
export interface GeneratedText {
  readonly text: string;
  /** Whom to charge for what is kept of it; 0 for the host. */
  readonly owner: number;
}

/** One row of a catalogue of generated files. */
export interface GeneratedFile {
  /** Path below the mount point, without a leading slash. */
  readonly path: string;
  /** Constant for ever: a kernel that holds the mount remembers it. */
  readonly nodeId: number;
  /** Permission bits. */
  readonly mode: number;
  /** How long the text may become; see sizeBytesFor(). One block if not given. */
  readonly longestText?: number;
  generate(caller: Caller): GeneratedText;
}

/** A directory's path and constant node id. */
export interface DirectoryRow {
  readonly path: string;
  readonly nodeId: number;
  /** Where a dynamic tree begins: what is told of it is not for the kernel to remember. */
  readonly isDynamic?: boolean;
}

interface DirectoryNode {
  readonly attr: Attr;
  readonly children: Map<string, Attr>;
  entries: readonly Dirent[];
}

const directoryMode = S_IFDIR | 0o555;

/** Splits `proc/meminfo` into `proc` and `meminfo`. */
function splitPath(path: string): [parent: string, name: string] {
  const slash = path.lastIndexOf('/');
  return slash < 0 ? ['', path] : [path.slice(0, slash), path.slice(slash + 1)];
}

const blockBytes = 4096;

/**
 * What stat(2) says of a generated file: at least the length of its text, in whole blocks, which is
 * what programs take for "not known, read it" in sysfs.
 *
 * Differs: procfs says 0. Since Linux 6.5 sendfile(2) and splice(2) on FUSE go through the page cache
 * even for direct I/O (filemap_splice_read()), and end at once at a size of 0, so that BusyBox'
 * cat would print nothing. With a size they ask, are refused (see READ) and fall back to read(2).
 * A size below the text's would make readers that trust it stop too early.
 */
function sizeBytesFor(longestText: number): number {
  return Math.ceil(longestText / blockBytes) * blockBytes;
}

/** An immutable tree of directories and generated files. */
export class Tree {
  readonly #directories = new Map<number, DirectoryNode>();
  readonly #files = new Map<number, GeneratedFile>();
  readonly #attrs = new Map<number, Attr>();

  /** Preconditions: parents come before what is in them; every node id is used once. */
  constructor(
    directories: readonly DirectoryRow[],
    files: readonly GeneratedFile[],
    timeSec: number,
  ) {
    const byPath = new Map<string, DirectoryNode>();
    const rows: DirectoryRow[] = [{ path: '', nodeId: ROOT_NODE_ID }, ...directories];
    for (const { path, nodeId, isDynamic = false } of rows) {
      const linkCount =
        2 + rows.filter((row) => row.path !== '' && splitPath(row.path)[0] === path).length;
      const fixed = { nodeId, mode: directoryMode, linkCount, sizeBytes: 0, timeSec };
      const attr: Attr = isDynamic ? { ...fixed, validSec: 0 } : fixed;
      const node: DirectoryNode = { attr, children: new Map(), entries: [] };
      if (path !== '') this.#addChild(byPath, path, attr);
      byPath.set(path, node);
      this.#directories.set(nodeId, node);
      this.#add(attr);
    }
    for (const file of files) {
      const { nodeId, longestText = 1 } = file;
      const sizeBytes = sizeBytesFor(longestText);
      const attr = { nodeId, mode: S_IFREG | file.mode, linkCount: 1, sizeBytes, timeSec };
      this.#addChild(byPath, file.path, attr);
      this.#files.set(file.nodeId, file);
      this.#add(attr);
    }
    for (const [path, node] of byPath) {
      const parent = byPath.get(splitPath(path)[0]) ?? node;
      node.entries = entriesOf(node, parent);
    }
  }

  #add(attr: Attr): void {
    if (this.#attrs.has(attr.nodeId)) throw new RangeError(`Node id ${attr.nodeId} is used twice`);
    this.#attrs.set(attr.nodeId, attr);
  }

  #addChild(byPath: ReadonlyMap<string, DirectoryNode>, path: string, attr: Attr): void {
    const [parent, name] = splitPath(path);
    const node = byPath.get(parent);
    if (node === undefined) throw new RangeError(`Cannot add ${path}: no directory ${parent}`);
    if (node.children.has(name)) throw new RangeError(`Path ${path} is used twice`);
    node.children.set(name, attr);
  }

  attr(nodeId: number): Attr | undefined {
    return this.#attrs.get(nodeId);
  }

  child(parentId: number, name: string): Attr | undefined {
    return this.#directories.get(parentId)?.children.get(name);
  }

  /** All entries with `.` and `..`; `undefined` when it is no directory. */
  entries(nodeId: number): readonly Dirent[] | undefined {
    return this.#directories.get(nodeId)?.entries;
  }

  file(nodeId: number): GeneratedFile | undefined {
    return this.#files.get(nodeId);
  }
}

function entriesOf(node: DirectoryNode, parent: DirectoryNode): Dirent[] {
  const named: [string, Attr][] = [['.', node.attr], ['..', parent.attr], ...node.children];
  return named.map(([name, attr], index) => ({ name, attr, nextOffset: index + 1 }));
}
