// Who keeps the connections alive when this process ends, and starts the next one: the holder
// (native/holder.c), or, where that was not built, systemd with its fd store. Both speak sd_notify(3).

import { NotifySocket } from '../kernel/notify-socket.ts';
import { hasPassedFd, readByte, takePassedFds } from '../kernel/passed-fds.ts';
import { ECONNREFUSED, ENOENT, EPIPE, SystemError } from '../kernel/system-error.ts';
import { keeperSocketOf } from './run-directory.ts';

/** What the holder passes beside what it keeps: see native/holder.c. */
const goName = 'go';
const notifyName = 'notify';

/**
 * Why this server may begin: nobody served before it, its predecessor died, or it was ended in
 * favour of this one.
 */
export type Beginning = 'first' | 'after-death' | 'replacing';

const beginnings = new Map<number | undefined, Beginning>([
  ['F'.charCodeAt(0), 'first'],
  ['R'.charCodeAt(0), 'replacing'],
]);

const goneErrors: ReadonlySet<number> = new Set([ECONNREFUSED, ENOENT, EPIPE]);

export class Supervisor {
  readonly name: 'holder' | 'systemd' | 'none';
  /** How often it had to start a server because the last one had died. */
  readonly restarts: number;
  /** How often it wants to hear alive(); `undefined` when it does not care. */
  readonly watchdogMsec: number | undefined;
  /** What an earlier server left with it, by name. */
  readonly kept: ReadonlyMap<string, number>;
  readonly #socket: NotifySocket | undefined;
  readonly #go: number | undefined;
  #isLost = false;

  /** Takes what concerns it out of the environment, so that no other program gets it. */
  constructor(environment: NodeJS.ProcessEnv) {
    const kept = takePassedFds(environment);
    const {
      NOTIFY_SOCKET: path,
      WATCHDOG_USEC: watchdogUsec,
      NSPROC_RESTARTS: restarts,
    } = environment;
    for (const name of ['NOTIFY_SOCKET', 'WATCHDOG_USEC', 'WATCHDOG_PID', 'FDSTORE']) {
      delete environment[name];
    }
    this.#go = kept.get(goName);
    const notify = kept.get(notifyName);
    for (const name of [goName, notifyName]) kept.delete(name);
    this.kept = kept;
    this.#socket = socketOf(notify, path);
    this.name = this.#go !== undefined ? 'holder' : path === undefined ? 'none' : 'systemd';
    this.restarts = Number(restarts ?? 0);
    this.watchdogMsec = watchdogUsec === undefined ? undefined : Number(watchdogUsec) / 1000;
  }

  /** The one that this process has: the holder, systemd if that keeps fds, or none. */
  static find(environment: NodeJS.ProcessEnv): Supervisor {
    const isSupervised = Supervisor.isHolder(environment) || Supervisor.hasStore(environment);
    return new Supervisor(isSupervised ? environment : {});
  }

  /** Whether the holder started this process. */
  static isHolder(environment: NodeJS.ProcessEnv): boolean {
    return hasPassedFd(environment, goName);
  }

  /** Whether systemd did, and keeps fds. */
  static hasStore(environment: NodeJS.ProcessEnv): boolean {
    return environment['NOTIFY_SOCKET'] !== undefined && Number(environment['FDSTORE'] ?? 0) > 0;
  }

  /**
   * Resolves when the predecessor, if there is one, is dead, so that its connections are free;
   * `undefined` when the holder has ended before it could say so.
   */
  async begin(): Promise<Beginning | undefined> {
    if (this.#go === undefined) return this.kept.size === 0 ? 'first' : 'after-death';
    this.#tell('X_NSPROC=standby');
    const byte = await readByte(this.#go);
    return byte === undefined ? undefined : (beginnings.get(byte) ?? 'after-death');
  }

  /** It shall keep the fd open, and pass it to the next server. systemd keeps all of one name. */
  keep(name: string, fd: number): void {
    const known = this.kept.get(name);
    if (known !== undefined && known !== fd) this.drop(name);
    this.#tell(`FDSTORE=1\nFDPOLL=0\nFDNAME=${name}`, fd);
  }

  drop(name: string): void {
    this.#tell(`FDSTOREREMOVE=1\nFDNAME=${name}`);
  }

  /** The server serves. */
  ready(mountPoint: string): void {
    this.#tell(
      `X_NSPROC_KEEPER=${keeperSocketOf(mountPoint)}\nX_NSPROC_MOUNT_POINT=${mountPoint}\n` +
        `READY=1\nSTATUS=serving ${mountPoint}`,
    );
  }

  /** This server is all right. */
  alive(): void {
    this.#attempt((socket) => socket.sendNow('WATCHDOG=1'));
  }

  /** This server is about to end, and no other is wanted. */
  stopping(): void {
    this.#tell('STOPPING=1');
  }

  /** Asks for a server that replaces this one; false when nobody can do that. */
  replace(): boolean {
    if (this.name !== 'holder') return false;
    this.#tell('X_NSPROC=replace');
    return !this.#isLost;
  }

  /** Whether it has ended: then nobody keeps anything. */
  isLost(): boolean {
    return this.#isLost;
  }

  #tell(text: string, fd?: number): void {
    this.#attempt((socket) => socket.send(text, fd));
  }

  /** Of all errors, only that nobody has the other end says that the supervisor has ended. */
  #attempt(send: (socket: NotifySocket) => void): void {
    if (this.#socket === undefined || this.#isLost) return;
    try {
      send(this.#socket);
    } catch (error) {
      if (error instanceof SystemError && goneErrors.has(error.errno)) this.#isLost = true;
    }
  }
}

function socketOf(fd: number | undefined, path: string | undefined): NotifySocket | undefined {
  if (fd !== undefined) return NotifySocket.on(fd);
  return path === undefined ? undefined : NotifySocket.at(path);
}
