// nsproc serve: runs the daemon in the foreground.

import { resolve } from 'node:path';
import { becomeHolder } from '../daemon/become-holder.ts';
import type { ServeSettings } from '../daemon/serve-options.ts';

/** Serves until a signal or an unmount; the exit status. */
export async function runServe({ transport, ...given }: ServeSettings): Promise<number> {
  const options = { ...given, mountPoint: resolve(given.mountPoint) };
  const isHeld = transport === 'dev-fuse';
  const failure = isHeld ? becomeHolder(options.mountPoint) : undefined;
  // What became the holder has no use for all this.
  const { createLog } = await import('../daemon/log.ts');
  const log = createLog(options.logLevel, process.stderr.isTTY);
  if (failure !== undefined) log.warn({ err: failure.error }, `no holder: ${failure.consequence}`);
  if (isHeld) return (await import('../daemon/held-server.ts')).startHeldServer(options, log);
  return (await import('../daemon/unheld-server.ts')).startUnheldServer(options, log);
}
