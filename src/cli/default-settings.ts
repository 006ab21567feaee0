// What `nsproc serve` does when it is not told otherwise.

import { defaultMountPoint } from '../daemon/run-directory.ts';
import type { ServeSettings } from '../daemon/serve-options.ts';
import { cpuCount } from '../kernel/cpu-count.ts';

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
