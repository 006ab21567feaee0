// Exit statuses of every command; `nsproc --help` lists them.

export const ExitStatus = {
  ok: 0,
  /** The command could not do its work: the message says why and what to do. */
  failed: 1,
  /** The command line was not understood. */
  usage: 2,
} as const;
