// The npm package fuse-native, as far as it is used. It has no types of its own, and is an
// optional dependency: its binary is for x86-64 with glibc.

import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { fileExists } from '../kernel/file-exists.ts';
import { packagePath } from '../kernel/package.ts';
import { loadForAll } from '../kernel/shared-object.ts';

/** Negative errno, or 0, or for a read the bytes that it gave. */
type Answer<Value extends readonly unknown[] = []> = (result: number, ...value: Value) => void;

/** Times in milliseconds since 1970. */
export interface Stat {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  readonly nlink: number;
  readonly ino: number;
  readonly blksize: number;
  readonly atime: number;
  readonly mtime: number;
  readonly ctime: number;
}

export interface StatOfFileSystem {
  readonly bsize: number;
  readonly frsize: number;
  readonly namemax: number;
}

/** The operations that fuse-native is given; each must answer, or its caller waits for ever. */
export interface FuseNativeOperations {
  getattr(path: string, answer: Answer<[stat?: Stat]>): void;
  readlink(path: string, answer: Answer<[target?: string]>): void;
  statfs(path: string, answer: Answer<[stat?: StatOfFileSystem]>): void;
  readdir(path: string, answer: Answer<[names?: string[], stats?: Stat[]]>): void;
  open(path: string, flags: number, answer: Answer<[file?: number]>): void;
  read(
    path: string,
    file: number,
    into: Buffer,
    size: number,
    offset: number,
    answer: Answer,
  ): void;
  release(path: string, file: number, answer: Answer): void;
}

/** A value is left out when it is falsy, so a 0 must be text. */
export interface FuseNativeOptions {
  /** How long an operation may take; false: for ever. */
  readonly timeout: false;
  readonly allowOther: boolean;
  readonly defaultPermissions: boolean;
  readonly fsname: string;
  readonly subtype: string;
  readonly entryTimeout: string;
  readonly attrTimeout: string;
  readonly modules: string;
}

export interface FuseNativeMount {
  mount(done: (error: Error | null) => void): void;
  /** What its close() does, whether the mount was made or not. */
  _close(done: (error: Error | null) => void): void;
}

interface FuseNative {
  new (
    directory: string,
    operations: FuseNativeOperations,
    options: FuseNativeOptions,
  ): FuseNativeMount;
  unmount(directory: string, done: (error: Error | null) => void): void;
}

/** Loaded and ready for one mount. */
export interface LoadedFuseNative {
  readonly FuseNative: FuseNative;
  /** Which fd is closed when the mount's connection has ended, and libfuse's thread with it. */
  closeAtEnd(fd: number): void;
  /** Closes it: there will be no mount. */
  closeNow(): void;
}

const moduleFile = 'native/build/libfusemod_caller.so';
/** Its file and its name in libfuse. */
export const callerModule = 'caller';

/**
 * Loads fuse-native for one mount. Throws when this machine cannot.
 *
 * The order counts. Our module comes first, so that its fuse_loop_mt() is found before
 * libfuse's. fuse-native asks for `libfuse.so.2`, which the system may not have: the one that is in
 * its package has that name too, and what is loaded already is not looked for.
 */
export function loadFuseNative(): LoadedFuseNative {
  const require = createRequire(import.meta.url);
  const folder = packageFolder(require);
  const libfuse = `${folder}/prebuilds/linux-${process.arch}/libfuse.so`;
  if (!fileExists(libfuse)) throw new Error(`it has no binary for ${process.arch}`);
  const module = packagePath(moduleFile);
  if (!fileExists(module)) throw new Error(`${module} is not built (make -C native)`);
  const callers = loadForAll(module);
  loadForAll(libfuse);
  const FuseNative = require('fuse-native') as FuseNative;
  // Its own runs fusermount(1), which the machine may not have.
  FuseNative.unmount = (_directory, done) => done(null);
  return {
    FuseNative,
    closeAtEnd: callers.procedure('void register_caller_module(int fd)'),
    closeNow: callers.procedure('void drop_caller_module()'),
  };
}

function packageFolder(require: NodeJS.Require): string {
  try {
    return dirname(require.resolve('fuse-native/package.json'));
  } catch {
    throw new Error('it is not installed (npm install fuse-native)');
  }
}
