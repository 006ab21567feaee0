// No fd left to give: a shortage of the daemon's own, which says nothing of the container.

/** EMFILE: this process has as many open as it may. ENFILE: the machine has. */
export function isOutOfFds(error: unknown): boolean {
  if (!(error instanceof Error && 'code' in error)) return false;
  return error.code === 'EMFILE' || error.code === 'ENFILE';
}

/** Runs; out of fds, gives back those that are kept for later, and runs once more. */
export function withFds<Result>(run: () => Result, giveBack: () => void): Result {
  try {
    return run();
  } catch (error) {
    if (!isOutOfFds(error)) throw error;
    giveBack();
    return run();
  }
}
