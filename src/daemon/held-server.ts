// A server under its supervisor: what starts it, ends it, and what becomes of its connections.

import { ownCommand } from '../kernel/own-command.ts';
import { leaveToHolder, leaveToKeeper } from './connections.ts';
import type { Log } from './log.ts';
import { removeDeadMount } from './mount-point.ts';
import { endForSure, endingSignals, endNow } from './process-end.ts';
import { type HeldDaemon, startDaemon } from './serve.ts';
import type { ServeOptions } from './serve-options.ts';
import { Supervisor } from './supervisor.ts';

const supervisorWatchMsec = 500;

/** Serves until a signal or an unmount; the exit status. */
export async function startHeldServer(options: ServeOptions, log: Log): Promise<number> {
  return new HeldServer(options, log, Supervisor.find(process.env)).run();
}

class HeldServer {
  readonly #options: ServeOptions;
  readonly #log: Log;
  readonly #supervisor: Supervisor;
  #daemon: HeldDaemon | undefined;
  #isStopping = false;

  constructor(options: ServeOptions, log: Log, supervisor: Supervisor) {
    this.#options = options;
    this.#log = log;
    this.#supervisor = supervisor;
  }

  async run(): Promise<number> {
    // Before there is a mount, so that no signal can leave it behind; what arrives while it is
    // made is dealt with afterwards.
    for (const signal of endingSignals()) process.on(signal, (name) => this.#onSignal(name));
    this.#daemon = await startDaemon(this.#options, this.#log, this.#supervisor);
    if (this.#isStopping) this.#stop();
    // The threads that serve need this one for next to nothing: its mistakes do not end them.
    process.on('uncaughtException', (err) =>
      this.#log.error({ err }, 'unexpected error; serving goes on'),
    );
    const watching = setInterval(() => this.#watchSupervisor(), supervisorWatchMsec);
    await this.#daemon.ended;
    clearInterval(watching);
    endForSure();
    return this.#isStopping ? 0 : this.#statusAfterEnd(this.#daemon);
  }

  #onSignal(signal: NodeJS.Signals): void {
    if (this.#isStopping) return;
    this.#isStopping = true;
    this.#log.info({ signal }, 'stopping');
    if (this.#daemon !== undefined) this.#stop();
  }

  #stop(): void {
    endForSure();
    this.#stopOrLeave().catch((error: unknown) => {
      this.#log.error({ err: error }, 'could not stop cleanly');
      endNow();
    });
  }

  /** Containers that use the files keep them: somebody must go on answering. */
  async #stopOrLeave(): Promise<void> {
    const daemon = this.#daemon;
    if (daemon === undefined) return;
    daemon.markEnding();
    if (this.#supervisor.name !== 'none' && daemon.isInUse() && (await this.#leave(daemon))) {
      this.#supervisor.stopping();
      endNow();
    }
    this.#supervisor.stopping();
    await daemon.stop();
  }

  async #leave(daemon: HeldDaemon): Promise<boolean> {
    const { mountPoint } = this.#options;
    try {
      await leaveToKeeper(daemon.connections(), mountPoint);
    } catch (error) {
      this.#log.error({ err: error }, 'could not start a keeper');
      return false;
    }
    this.#log.warn(
      { mountPoint },
      "still in use: a keeper goes on with the host's files until nsproc is started again, or no " +
        'container has them any more',
    );
    return true;
  }

  /** Nobody would start the next server, and this one's end would be that of the connections. */
  #watchSupervisor(): void {
    if (!this.#supervisor.isLost() || this.#isStopping || this.#daemon === undefined) return;
    this.#isStopping = true;
    if (!this.#daemon.isInUse()) {
      this.#log.warn('the supervisor has ended, and no container has the files: ending as well');
      this.#stop();
      return;
    }
    this.#daemon.markEnding();
    this.#log.error('the supervisor has ended; starting another, and a server below it');
    leaveToHolder(this.#daemon.connections(), ownCommand()).then(endNow, (error: unknown) => {
      this.#isStopping = false;
      this.#log.error({ err: error }, 'could not start a holder');
    });
  }

  /** Nobody asked the daemon to end: the connection was aborted, or the file system unmounted. */
  #statusAfterEnd(daemon: HeldDaemon): number {
    const { mountPoint } = this.#options;
    if (removeDeadMount(mountPoint)) {
      daemon.forgetConnections();
      this.#log.error({ mountPoint }, 'the connection to the kernel was aborted from outside');
      return 1;
    }
    daemon.forgetConnections();
    this.#supervisor.stopping();
    this.#log.info('unmounted from outside; ending');
    return 0;
  }
}
