// nsproc serve: runs the daemon in the foreground.

import { resolve } from 'node:path';
import { startHeldServer } from '../daemon/held-server.ts';
import { createLog } from '../daemon/log.ts';
import { defaultMountPoint } from '../daemon/run-directory.ts';
import type { ServeSettings } from '../daemon/serve-options.ts';
import { startUnheldServer } from '../daemon/unheld-server.ts';
import { cpuCount } from '../kernel/machine.ts';

export const defaultServeSettings: ServeSettings = {
  transport: 'dev-fuse',
  mountPoint: defaultMountPoint,
  workers: Math.min(4, Math.max(2, cpuCount())),
  resolver: 'auto',
  initCacheTtlMsec: 10_000,
  virtualization: 'on',
  cpus: 'quota',
  swap: 'on',
  zswap: 'on',
  loadavg: 'on',
  logLevel: 'info',
};

/** Serves until a signal or an unmount; the exit status. */
export function runServe({ transport, ...options }: ServeSettings): Promise<number> {
  const log = createLog(options.logLevel, process.stderr.isTTY);
  const start = transport === 'fuse-native' ? startUnheldServer : startHeldServer;
  return start({ ...options, mountPoint: resolve(options.mountPoint) }, log);
}
