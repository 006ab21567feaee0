// What ends a server's process, and that it ends.

const patienceMsec = 10_000;

/**
 * SIGHUP says that the terminal was closed; under nohup(1), or without one, it says nothing. Ctrl-Z
 * stops nothing: containers would stop with it.
 */
export function endingSignals(): NodeJS.Signals[] {
  const isOnTerminal = process.stderr.isTTY;
  process.on('SIGTSTP', () => {});
  if (!isOnTerminal) process.on('SIGHUP', () => {});
  return isOnTerminal ? ['SIGTERM', 'SIGINT', 'SIGHUP'] : ['SIGTERM', 'SIGINT'];
}

/**
 * Ends the process when threads that nothing can wake would keep it: process.exit() waits for
 * them, for ever if they wait for requests.
 */
export function endForSure(): void {
  setTimeout(endNow, patienceMsec).unref();
}

/** Whatever the threads wait for: the kernel gives their requests to whoever serves next. */
export function endNow(): never {
  process.kill(process.pid, 'SIGKILL');
  throw new Error('unreachable: SIGKILL has ended the process');
}
