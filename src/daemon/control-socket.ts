// The socket on which a daemon can be asked, in its run-time directory. Only its own user may enter
// that; without it the daemon serves all the same.

import { dirname } from 'node:path';
import { type LineServer, listenForLines } from '../kernel/line-server.ts';
import { makePrivateDirectory, removeEmptyDirectory } from '../kernel/made-directories.ts';
import { answerRequest, type ControlCommands, refusalOf } from './control-commands.ts';
import type { Log } from './log.ts';

export interface ControlSocketOptions {
  readonly path: string;
  readonly commands: ControlCommands;
  readonly log: Log;
}

/** Requests are short; answers are as long as they are. */
const longestLine = 4096;
const mostConnections = 16;
const patienceMsec = 1000;
/** How soon it is looked whether a predecessor, which has the socket, has ended. */
const retryMsec = 500;

export class ControlSocket {
  readonly #options: ControlSocketOptions;
  #server: LineServer | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;
  #wasInUse = false;

  constructor(options: ControlSocketOptions) {
    this.#options = options;
    void this.#listen();
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#server?.close();
    // There may be others' files in it.
    ignoreFailure(() => removeEmptyDirectory(dirname(this.#options.path)));
  }

  async #listen(): Promise<void> {
    const { path, log } = this.#options;
    try {
      makePrivateDirectory(dirname(path));
      this.#server = await this.#listening();
    } catch (err) {
      log.warn({ err, socket: path }, 'no control socket: status and set will not work');
      return;
    }
    if (this.#isClosed) this.#server?.close();
    else if (this.#server === undefined) this.#retryLater();
  }

  #listening(): Promise<LineServer | undefined> {
    const { path, commands, log } = this.#options;
    const failed = (err: unknown) => log.error({ err }, 'control socket');
    return listenForLines({
      path,
      longestLine,
      mostConnections,
      patienceMsec,
      answer: (line) => answerRequest(line, commands, failed),
      refusal: refusalOf,
      failed,
    });
  }

  #retryLater(): void {
    const { path, log } = this.#options;
    if (!this.#wasInUse)
      log.warn({ socket: path }, 'another daemon has the control socket; waiting');
    this.#wasInUse = true;
    this.#timer = setTimeout(() => void this.#listen(), retryMsec);
    this.#timer.unref();
  }
}

function ignoreFailure(step: () => void): void {
  try {
    step();
  } catch {
    // Nothing depends on it.
  }
}
