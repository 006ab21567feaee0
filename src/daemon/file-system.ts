// The whole file system, as one thread puts it together for itself.

import { SystemDevices } from '../host/system-devices.ts';
import { directories } from '../procfs/catalogue.ts';
import { generatedFiles } from '../procfs/generated-files.ts';
import { systemDirectories } from '../sysfs/directories.ts';
import { SystemTree } from '../sysfs/system-tree.ts';
import { GeneratedFileSystem } from '../vfs/generated-file-system.ts';
import type { OpenFiles } from '../vfs/open-files.ts';
import { Tree } from '../vfs/tree.ts';
import type { ThreadParts } from './thread-parts.ts';

export interface FileSystemParts extends Pick<ThreadParts, 'resolver' | 'textParts'> {
  readonly openFiles: OpenFiles;
  /** Times of all nodes, seconds since 1970. */
  readonly timeSec: number;
}

export function makeFileSystem(parts: FileSystemParts): GeneratedFileSystem {
  const { resolver, textParts, openFiles, timeSec } = parts;
  const host = new SystemDevices();
  const allDirectories = [...directories, ...systemDirectories(host)];
  return new GeneratedFileSystem(
    new Tree(allDirectories, generatedFiles(resolver, textParts), timeSec),
    openFiles,
    new SystemTree({ host, resolver, textParts, timeSec }),
  );
}
