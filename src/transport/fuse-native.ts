// The transport that stands on the npm package fuse-native, which stands on libfuse 2. It names
// what it asks for by its path, on the main thread and one request at a time; who asks, the libfuse
// module `caller` says (native/libfusemod_caller.c).

import { openClosingPipe } from '../kernel/closing-pipe.ts';
import { abortMount, nsprocMountType, readMountsAt } from '../kernel/mounts.ts';
import {
  callerModule,
  type FuseNativeOptions,
  type LoadedFuseNative,
} from './fuse-native-package.ts';
import { PathOperations, type PathOperationsParts } from './path-operations.ts';

const [, subtype = ''] = nsprocMountType.split('.');
const yearSec = 365 * 24 * 3600;

/**
 * The same mount as that of /dev/fuse, but for the attributes: libfuse has one validity for all
 * of them, and some are for their reader alone.
 *
 * A name is valid for ever, so that the kernel asks for the attributes of a node that a reader does not
 * have, not for its name: when that is not there, it unmounts what others have mounted at it.
 *
 * fuse-native has no switches for the last ones; libfuse takes them behind any comma.
 */
const mountOptions: FuseNativeOptions = {
  timeout: false,
  allowOther: true,
  defaultPermissions: true,
  fsname: 'nsproc',
  subtype,
  entryTimeout: String(yearSec),
  attrTimeout: '0',
  modules: [callerModule, 'ro', 'nosuid', 'nodev', 'noexec', 'direct_io', 'use_ino'].join(','),
};

export interface PathMount {
  /** Resolves when the kernel and libfuse have agreed; rejects when it could not be mounted. */
  readonly mounted: Promise<void>;
  /** Resolves when the connection has ended, and with it libfuse's thread. */
  readonly ended: Promise<void>;
  /** How many requests were answered. */
  answered(): number;
}

export interface PathMountPlan extends PathOperationsParts {
  readonly directory: string;
}

export function mountFuseNative(loaded: LoadedFuseNative, plan: PathMountPlan): PathMount {
  const { directory } = plan;
  const operations = new PathOperations(plan);
  const { writeEnd, closed } = openClosingPipe();
  loaded.closeAtEnd(writeEnd);
  const mount = new loaded.FuseNative(directory, operations.operations(), mountOptions);
  const mounted = new Promise<void>((resolve, reject) => {
    mount.mount((error) => {
      if (error === null) resolve();
      else {
        abandon(directory, error, loaded);
        reject(error);
      }
    });
  });
  // fuse-native keeps the process from ending until it is told that it has no mount.
  const letGo = () => new Promise<void>((resolve) => mount._close(() => resolve()));
  return { mounted, ended: closed.then(letGo), answered: () => operations.answered() };
}

/**
 * libfuse may have mounted and then refused the options: nobody serves that. But a mount that the
 * package found there is somebody else's, who started at the same moment.
 */
function abandon(directory: string, error: Error, loaded: LoadedFuseNative): void {
  const isOurs = error.message !== 'Mountpoint in use';
  if (isOurs && readMountsAt(directory).at(-1)?.type === nsprocMountType) abortMount(directory);
  loaded.closeNow();
}
