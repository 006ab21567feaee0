// Why the daemon does not start.

/** A reason that the person at the command line can do something about. */
export class StartError extends Error {
  override readonly name = 'StartError';
}
