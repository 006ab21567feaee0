// The very first thing that `nsproc serve` does, before its own code is loaded: a keeper that an
// earlier daemon has left shall wait for it, rather than show readers the host's files.

import { resolve } from 'node:path';
import { sayForAsLongAsWeRun } from '../kernel/lasting-word.ts';
import { defaultMountPoint, keeperSocketOf } from './run-directory.ts';

/** See native/keeper-socket.h. */
const coming = 'C';
const option = '--mount-point';

/** Where a command line would serve; `undefined` when it is another command. */
export function mountPointIn(
  args: readonly string[],
  environment: NodeJS.ProcessEnv,
): string | undefined {
  if (args[0] !== 'serve') return undefined;
  const at = args.lastIndexOf(option);
  const joined = args.findLast((arg) => arg.startsWith(`${option}=`))?.slice(option.length + 1);
  const given = at < 0 ? joined : args[at + 1];
  return resolve(given ?? environment['NSPROC_MOUNT_POINT'] ?? defaultMountPoint);
}

/** Lasts until this process ends, or becomes the one that takes over from the keeper. */
export function announceStart(args: readonly string[], environment: NodeJS.ProcessEnv): void {
  const mountPoint = mountPointIn(args, environment);
  if (mountPoint !== undefined) sayForAsLongAsWeRun(keeperSocketOf(mountPoint), coming);
}
