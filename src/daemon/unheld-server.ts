// A server whose connection ends with it: what ends it, and how it ends.

import type { Log } from './log.ts';
import { removeDeadMount } from './mount-point.ts';
import { endForSure, endingSignals, endNow } from './process-end.ts';
import type { RunningDaemon } from './serve.ts';
import { startFuseNativeDaemon } from './serve-fuse-native.ts';
import type { ServeOptions } from './serve-options.ts';
import { Supervisor } from './supervisor.ts';

/** Serves until a signal or an unmount; the exit status. */
export async function startUnheldServer(options: ServeOptions, log: Log): Promise<number> {
  const supervisor = new Supervisor(process.env);
  let daemon: RunningDaemon | undefined;
  let isStopping = false;
  const stop = (signal: NodeJS.Signals): void => {
    if (isStopping) return;
    isStopping = true;
    log.info({ signal }, 'stopping');
    supervisor.stopping();
    endForSure();
    daemon?.stop().catch((error: unknown) => {
      log.error({ err: error }, 'could not stop cleanly');
      endNow();
    });
  };
  // Before there is a mount, so that no signal can leave it behind; what arrives while it is made
  // is dealt with when startFuseNativeDaemon() has returned.
  for (const signal of endingSignals()) process.on(signal, stop);
  daemon = startFuseNativeDaemon(options, log, supervisor);
  const beating = heartbeat(supervisor);
  // A mistake that is not a request's is no reason to leave containers without files.
  process.on('uncaughtException', (err) => log.error({ err }, 'unexpected error; serving goes on'));
  await daemon.ended.finally(() => clearInterval(beating));
  endForSure();
  return isStopping ? 0 : statusAfterEnd(options, log);
}

/** This thread answers the readers: as long as it comes to that, all is well. */
function heartbeat(supervisor: Supervisor): NodeJS.Timeout | undefined {
  const { watchdogMsec } = supervisor;
  if (watchdogMsec === undefined) return undefined;
  return setInterval(() => supervisor.alive(), watchdogMsec / 2);
}

/** Nobody asked the daemon to end: the connection was aborted, or the file system unmounted. */
function statusAfterEnd({ mountPoint }: ServeOptions, log: Log): number {
  if (removeDeadMount(mountPoint)) {
    log.error({ mountPoint }, 'the connection to the kernel was aborted from outside; ending');
    return 1;
  }
  log.info('unmounted from outside; ending');
  return 0;
}
