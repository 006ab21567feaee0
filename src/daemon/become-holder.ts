// The first thing that a start does: it makes room for the holder.

import { fileExists } from '../kernel/file-exists.ts';
import { ownCommand } from '../kernel/own-command.ts';
import { becomeProgram } from '../kernel/start-program.ts';
import { holderProgram } from './connections.ts';
import { keeperSocketOf } from './run-directory.ts';
import { Supervisor } from './supervisor.ts';

export interface NoHolder {
  readonly error: unknown;
  /** For the log. */
  readonly consequence: string;
}

/**
 * Makes sure that the holder is above this process, also below systemd: it starts a server that
 * died at once, and answers while none can be started. It first gets what a keeper has of an
 * earlier daemon. This process becomes it, with the same pid, and starts this program anew;
 * returns where that is done already, or can't be.
 *
 * @param mountPoint absolute
 */
export function becomeHolder(mountPoint: string): NoHolder | undefined {
  if (Supervisor.isHolder(process.env)) return undefined;
  const socket = keeperSocketOf(mountPoint);
  const fetch = fileExists(socket) ? [holderProgram, '--fetch', socket, '--'] : [];
  // Servers speak to no network: reading its certificates would double the time that node takes.
  const { NODE_EXTRA_CA_CERTS: _, ...environment } = process.env;
  // It may have to leave a keeper before any server of its own has told it where.
  const places = { NSPROC_KEEPER_SOCKET: socket, NSPROC_KEPT_AT: mountPoint };
  try {
    becomeProgram([...fetch, holderProgram, '--', ...ownCommand()], { ...environment, ...places });
  } catch (error) {
    const consequence = Supervisor.hasStore(process.env)
      ? 'systemd alone keeps the connections'
      : 'they end with this process';
    return { error, consequence };
  }
}
