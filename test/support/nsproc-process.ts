// The command line of nsproc as processes.

import { fileURLToPath } from 'node:url';
import { cleanAtExit } from './at-exit.ts';
import { type Outcome, type RunOptions, run } from './commands.ts';
import { unmountBelow } from './mounts.ts';
import { killServing } from './serving-processes.ts';
import type { Teardown } from './teardown.ts';
import { startWatched, type WatchedProcess } from './watched-process.ts';

const mainFile = fileURLToPath(new URL('../../dist/main.js', import.meta.url));

/** The argument list that runs `nsproc` with these arguments. */
export function nsprocArgv(...args: readonly string[]): string[] {
  return [process.execPath, mainFile, ...args];
}

/** Runs a command of nsproc to its end. */
export function runNsproc(args: readonly string[], options: RunOptions = {}): Promise<Outcome> {
  return run(nsprocArgv(...args), options);
}

export interface ServeStart {
  readonly mountPoint: string;
  /** What to run; `nsproc serve --mount-point MOUNT_POINT` unless given. */
  readonly argv?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
}

/** Starts serve, and waits until it says that it serves. */
export async function startServe(teardown: Teardown, start: ServeStart): Promise<WatchedProcess> {
  const { mountPoint, argv = nsprocArgv('serve', '--mount-point', mountPoint), env = {} } = start;
  const daemon = startWatched(argv, { ...process.env, ...env });
  const forget = cleanAtExit(() => {
    killServing(mountPoint);
    unmountBelow(mountPoint);
  });
  teardown.add(async () => {
    killServing(mountPoint);
    daemon.signal('SIGKILL');
    await daemon.ended;
    unmountBelow(mountPoint);
    forget();
  });
  await daemon.untilPrinted(/serving/);
  return daemon;
}
