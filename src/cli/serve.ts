// nsproc serve: runs the daemon in the foreground.

import { resolve } from 'node:path';
import { createLog, type Log } from '../daemon/log.ts';
import { removeDeadMount } from '../daemon/mount-point.ts';
import { type RunningDaemon, startDaemon } from '../daemon/serve.ts';
import type { ServeOptions } from '../daemon/serve-options.ts';
import { cpuCount } from '../kernel/machine.ts';
import { ExitStatus } from './exit-status.ts';

export const defaultServeSettings: ServeOptions = {
  mountPoint: '/var/lib/nsproc',
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

/** SIGHUP says that the terminal was closed; under nohup(1), or without one, it says nothing. */
function endingSignals(): NodeJS.Signals[] {
  const isOnTerminal = process.stderr.isTTY;
  if (!isOnTerminal) process.on('SIGHUP', () => {});
  return isOnTerminal ? ['SIGTERM', 'SIGINT', 'SIGHUP'] : ['SIGTERM', 'SIGINT'];
}

const patienceMsec = 10_000;

/**
 * Ends the process when threads that nothing can wake would keep it: process.exit() waits for
 * them, for ever if they wait for requests.
 */
function endForSure(): void {
  setTimeout(() => process.kill(process.pid, 'SIGKILL'), patienceMsec).unref();
}

/** Serves until a signal or an unmount; the exit status. */
export async function runServe(options: ServeOptions): Promise<number> {
  const log = createLog(options.logLevel, process.stderr.isTTY);
  let daemon: RunningDaemon | undefined;
  let isStopping = false;
  const stop = (signal: NodeJS.Signals) => {
    if (isStopping) return;
    isStopping = true;
    log.info({ signal }, 'stopping');
    endForSure();
    daemon?.stop().catch((error: unknown) => {
      log.error({ err: error }, 'could not stop cleanly');
      process.kill(process.pid, 'SIGKILL');
    });
  };
  // Before there is a mount, so that no signal can leave it behind; what arrives while it is made
  // is dealt with when startDaemon() has returned.
  for (const signal of endingSignals()) process.on(signal, stop);
  const mountPoint = resolve(options.mountPoint);
  daemon = startDaemon({ ...options, mountPoint }, log);
  // The threads that serve need this one for next to nothing: its mistakes do not end them.
  process.on('uncaughtException', (err) => log.error({ err }, 'unexpected error; serving goes on'));
  await daemon.ended;
  endForSure();
  return isStopping ? ExitStatus.ok : statusAfterEnd(mountPoint, log);
}

/** Nobody asked the daemon to end: the connection was aborted, or the file system unmounted. */
function statusAfterEnd(mountPoint: string, log: Log): number {
  if (removeDeadMount(mountPoint)) {
    log.error({ mountPoint }, 'the connection to the kernel was aborted from outside; ending');
    return ExitStatus.failed;
  }
  log.info('unmounted from outside; ending');
  return ExitStatus.ok;
}
