// nsproc serve: runs the daemon in the foreground.

import { resolve } from 'node:path';
import { createLog } from '../daemon/log.ts';
import { startDaemon } from '../daemon/serve.ts';
import type { ServeOptions } from '../daemon/serve-options.ts';
import { cpuCount } from '../kernel/machine.ts';
import { ExitStatus } from './exit-status.ts';

export const defaultServeSettings: ServeOptions = {
  mountPoint: '/var/lib/nsproc',
  workers: Math.min(4, Math.max(2, cpuCount())),
  resolver: 'auto',
  initCacheTtlMsec: 10_000,
  cpus: 'quota',
  swap: 'on',
  zswap: 'on',
  logLevel: 'info',
};

/** Serves until a signal or an unmount; the exit status. */
export async function runServe(options: ServeOptions): Promise<number> {
  const log = createLog(options.logLevel, process.stderr.isTTY);
  const daemon = startDaemon({ ...options, mountPoint: resolve(options.mountPoint) }, log);
  let isStopping = false;
  const stop = (signal: NodeJS.Signals) => {
    if (isStopping) return;
    isStopping = true;
    log.info({ signal }, 'stopping');
    daemon.stop().catch((error: unknown) => {
      log.error({ err: error }, 'could not stop cleanly');
      process.exit(ExitStatus.failed);
    });
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  await daemon.ended;
  if (!isStopping) log.info('unmounted from outside; ending');
  return ExitStatus.ok;
}
