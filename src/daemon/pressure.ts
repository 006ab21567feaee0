// /proc/pressure on a connection of its own, writable, mounted in the read-only tree: the rest
// stays read-only at its super block.

import { createEpoll } from '../kernel/epoll.ts';
import { openNonBlockingFuseDevice, wasMounted } from '../kernel/fuse-device.ts';
import { readTextFile } from '../kernel/kept-file.ts';
import { viewMapping } from '../kernel/mapped-memory.ts';
import { realPathOf } from '../kernel/mounts.ts';
import { threadModule } from '../kernel/package.ts';
import { closeInBackground } from '../kernel/pressure-trigger.ts';
import { OpenFiles } from '../vfs/open-files.ts';
import { TriggerTable } from '../vfs/trigger-table.ts';
import { triggerName, triggerSlotOf } from './connections.ts';
import { endMount, type OwnMount } from './end-mount.ts';
import { Journal } from './journal.ts';
import type { Log } from './log.ts';
import { Poison } from './poison.ts';
import type { PressureMemory, PressureMessage, PressureStart } from './pressure-start.ts';
import type { ServerMemory } from './server-memory.ts';
import { SessionRecord } from './session-record.ts';
import type { Supervisor } from './supervisor.ts';
import { takeUnanswered } from './take-over.ts';
import { WorkerPool } from './worker-pool.ts';
import type { WorkerStart } from './worker-start.ts';

/**
 * How long a released trigger still counts. While one of a cgroup's is being closed, the kernel
 * lets nobody open that file (kernfs_fop_release() holds the node's mutex), the serving thread
 * neither: this bounds how often a container can make it wait, to some 10 ms each.
 */
const cooldownMsec = 5000;
/** A thread that is at one request for so long is lost, and with it the server. */
const patienceMsec = 30_000;
/** The main thread's number as the owner of a lock. */
const mainThread = 1_000_000;

export interface PressureParts {
  readonly start: Omit<WorkerStart, 'thread' | 'gate' | 'fuseFd'>;
  readonly memory: ServerMemory;
  readonly supervisor: Supervisor;
  readonly log: Log;
}

export interface PressureUsage {
  readonly isMounted: boolean;
  readonly triggers: number;
}

/** The name of the connection's fd. */
const connectionName = 'pressure';
/** Where it is mounted in the tree. */
const below = '/proc/pressure';

/** The connection of /proc/pressure and the thread that serves it. */
export class Pressure {
  readonly fuseFd: number;
  readonly triggers: TriggerTable;
  readonly journal: Journal;
  readonly poison: Poison;
  readonly directory: string;
  readonly #mountPoint: string;
  readonly #supervisor: Supervisor;
  readonly #session: SessionRecord;
  readonly #pool: WorkerPool;
  readonly #isTakenOver: boolean;
  readonly #log: Log;
  /** Resolves when it is mounted, or when it is known that it will not be. */
  readonly ready: Promise<void>;
  #isReady = () => {};
  #isOpen = false;
  #ending: Promise<void> | undefined;

  /** `undefined` where the kernel keeps no pressure information: the directory stays empty. */
  static make(parts: PressureParts): Pressure | undefined {
    return readTextFile('/proc/pressure/cpu') === undefined ? undefined : new Pressure(parts);
  }

  private constructor({ start, memory, supervisor, log }: PressureParts) {
    const kept = supervisor.kept.get(connectionName);
    this.#supervisor = supervisor;
    this.#isTakenOver = kept !== undefined && wasMounted(kept);
    this.#log = log;
    this.fuseFd = kept ?? openNonBlockingFuseDevice();
    this.#mountPoint = start.options.mountPoint;
    this.directory = `${this.#mountPoint}${below}`;
    this.#session = new SessionRecord(viewMapping(memory.session));
    this.triggers = new TriggerTable(viewMapping(memory.pressure.triggers));
    this.journal = new Journal(viewMapping(memory.pressure.journal));
    this.poison = new Poison(viewMapping(memory.shared.poison), connectionName);
    const threadMemory: PressureMemory = {
      ...memory.shared,
      ...memory.pressure,
      session: memory.session,
    };
    const pressureStart: Omit<PressureStart, 'thread' | 'gate'> = {
      ...start,
      memory: threadMemory,
      fuseFd: this.fuseFd,
      epollFd: createEpoll(),
      directory: this.directory,
    };
    const openFiles = new OpenFiles(viewMapping(memory.pressure.openFiles), mainThread);
    this.#pool = new WorkerPool({
      module: threadModule('pressure-worker'),
      start: pressureStart,
      count: 1,
      // Two would not know of each other's triggers.
      mostSiblings: 0,
      journal: this.journal,
      poison: this.poison,
      recover: (thread) => {
        openFiles.recover(thread);
        this.#closeReleased();
      },
      onFdsLost: () => supervisor.replace(),
      takeMessage: (message) => this.#takeMessage(message),
      log: log.child({ files: 'pressure' }),
    });
    const mounted = new Promise<void>((resolve) => {
      this.#isReady = resolve;
    });
    this.ready = Promise.race([mounted, this.#pool.ended]);
  }

  prepare(): Promise<void> {
    return this.#pool.prepare();
  }

  /** Preconditions: the tree is being served, and no other server is at this connection. */
  open(): void {
    this.#isOpen = true;
    if (!this.#isTakenOver) {
      this.#session.setPressureMounted(false);
      this.journal.forgetAll();
      this.poison.forgetRequests();
    }
    this.#supervisor.keep(connectionName, this.fuseFd);
    this.#adoptTriggers();
    const left = this.#isTakenOver ? takeUnanswered(this.fuseFd, this.journal, 1) : [];
    this.#pool.open(left);
  }

  /** Instead of open(): the thread ends. */
  abandon(): void {
    this.#pool.abandon();
  }

  /** As WorkerPool.watch(), but patient: opening a file waits for triggers that are being closed. */
  watch(): boolean {
    this.#pool.watch();
    return this.#pool.busyMsec(1) < patienceMsec;
  }

  mount(): OwnMount {
    const isMounted = this.#session.isPressureMounted();
    const device = isMounted ? this.#session.device('pressure') : undefined;
    return { directory: `${realPathOf(this.#mountPoint)}${below}`, device };
  }

  usage(): PressureUsage {
    const isMounted = this.#session.isPressureMounted() && this.#pool.living() > 0;
    return { isMounted, triggers: this.triggers.usedCount() };
  }

  /** Unmounts and ends the thread; who has its files gets ENOTCONN from here on. */
  stop(): Promise<void> {
    if (!this.#isOpen) return this.#pool.ended;
    // Once only: what is mounted there later belongs to another daemon.
    this.#ending ??= this.#end();
    return this.#ending;
  }

  async #end(): Promise<void> {
    this.#pool.stopReplacing();
    // A mount that came later would keep the thread for ever.
    await this.ready;
    const wasIdle = await endMount(this.mount(), this.journal);
    if (wasIdle !== undefined) await this.#pool.ended;
  }

  #takeMessage(message: unknown): boolean {
    if (!isPressureMessage(message)) return false;
    if (message.pressure === 'released') this.#closeReleased();
    else if (message.pressure === 'added') {
      this.#supervisor.keep(triggerName(message.slot), message.fd);
    } else this.#isReady();
    return true;
  }

  /** The supervisor's first, so that closing ours is what the kernel takes its time for. */
  #closeReleased(): void {
    for (const { slot, fd } of this.triggers.takeReleased()) {
      this.#supervisor.drop(triggerName(slot));
      closeInBackground(fd, () => setTimeout(() => this.triggers.free(slot), cooldownMsec).unref());
    }
  }

  #adoptTriggers(): void {
    const kept = new Map<number, number>();
    for (const [name, fd] of this.#supervisor.kept) {
      const slot = triggerSlotOf(name);
      if (slot !== undefined) kept.set(slot, fd);
    }
    this.triggers.adopt((slot) => kept.get(slot));
    const live = new Set(this.triggers.live());
    for (const [slot, fd] of kept) {
      if (live.has(slot)) continue;
      this.#supervisor.drop(triggerName(slot));
      closeInBackground(fd, () => {});
    }
    if (live.size > 0) this.#log.info({ triggers: live.size }, 'took triggers over');
  }

  /** For a connection that ended: the next server begins with another. */
  forget(): void {
    this.#supervisor.drop(connectionName);
    for (const slot of this.triggers.live()) this.#supervisor.drop(triggerName(slot));
  }
}

function isPressureMessage(message: unknown): message is PressureMessage {
  return typeof message === 'object' && message !== null && 'pressure' in message;
}
