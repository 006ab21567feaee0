// `nsproc serve`: makes everything ready, takes the connections over or mounts new ones, and runs
// the serving threads. Starting, restarting after a death, and replacing a server that runs
// are one and the same way.

import { setTimeout as sleep } from 'node:timers/promises';
import { readLayout } from '../cgroup/read-layout.ts';
import { realtimeUsec } from '../kernel/clock.ts';
import { wasMounted } from '../kernel/fuse-device.ts';
import { viewMapping } from '../kernel/mapped-memory.ts';
import { realPathOf } from '../kernel/mounts.ts';
import { threadModule } from '../kernel/package.ts';
import { Pidfd } from '../kernel/process.ts';
import { OpenFiles } from '../vfs/open-files.ts';
import { SharedCpuTimes } from '../view/shared-cpu-times.ts';
import { blameUnanswered } from './blame.ts';
import { type Connections, endKeeper, treeConnection } from './connections.ts';
import { countUses, deviceAt, endedOrEnd, endMount, logEnd, type OwnMount } from './end-mount.ts';
import { readSight } from './host-check.ts';
import { Journal } from './journal.ts';
import { type LoadSampling, startLoadSampling } from './load-sampling.ts';
import type { Log } from './log.ts';
import { mountTree, openConnection } from './new-mount.ts';
import { Poison } from './poison.ts';
import { Pressure } from './pressure.ts';
import type { ServeOptions } from './serve-options.ts';
import { openServerMemory, recoverMemory, type ServerMemory } from './server-memory.ts';
import { type Asked, startAnswering } from './server-status.ts';
import { SessionRecord } from './session-record.ts';
import { chosenStrategy, requireSight } from './start-checks.ts';
import { type Beginning, Supervisor } from './supervisor.ts';
import { takeUnanswered } from './take-over.ts';
import { WorkerPool } from './worker-pool.ts';

/** The main thread's number as the owner of a lock; workers count from 1. */
const mainThread = 1_000_000;

export interface RunningDaemon {
  /** Resolves when the connection has ended: after stop(), or when somebody unmounted it. */
  readonly ended: Promise<void>;
  /** Answers what was asked, unmounts, and ends the threads. */
  stop(): Promise<void>;
}

/** One whose connections can outlive it. */
export interface HeldDaemon extends RunningDaemon {
  /** The fds that another program needs to go on. */
  connections(): Connections;
  /** Whether containers have its files mounted. */
  isInUse(): boolean;
  /** What comes to an end here is not this server's fault. */
  markEnding(): void;
  /** Gives up a connection that was aborted, so that the next server mounts anew. */
  forgetConnections(): void;
}

/**
 * Starts the daemon. Without a supervisor the connections end with this process.
 *
 * @throws StartError with what to do when it can't run here.
 */
export async function startDaemon(
  options: ServeOptions,
  log: Log,
  supervisor = new Supervisor({}),
): Promise<HeldDaemon> {
  requireSight();
  const strategy = chosenStrategy(options.resolver);
  const daemon = new Daemon(options, log, supervisor);
  const beginning = await daemon.begin();
  daemon.startAnswering(strategy.name);
  await daemon.untilServing();
  const { mountPoint, workers, cpus, swap, zswap } = options;
  for (const { detail, advice } of readSight(readLayout(), mountPoint)) {
    log.warn({ advice }, detail);
  }
  log.info(
    { mountPoint, workers, resolver: strategy.name, cpus, swap, zswap, beginning },
    'serving',
  );
  return daemon;
}

const watchMsec = 250;
const pressurePatienceMsec = 2000;
/** A process that is killed ends in some 20 ms. */
const predecessorEndMsec = 500;

class Daemon implements HeldDaemon {
  readonly #options: ServeOptions;
  readonly #log: Log;
  readonly #supervisor: Supervisor;
  readonly #memory: ServerMemory;
  readonly #session: SessionRecord;
  readonly #journal: Journal;
  readonly #poison: Poison;
  readonly #fuseFd: number;
  readonly #isTakenOver: boolean;
  readonly #pool: WorkerPool;
  readonly #pressure: Pressure | undefined;
  #loads: LoadSampling | undefined;
  #asked: Asked | undefined;
  #watching: NodeJS.Timeout | undefined;
  readonly ended: Promise<void>;

  constructor(options: ServeOptions, log: Log, supervisor: Supervisor) {
    this.#options = options;
    this.#log = log;
    this.#supervisor = supervisor;
    const kept = supervisor.kept.get(treeConnection);
    // Its predecessor may have died before it was mounted.
    this.#isTakenOver = kept !== undefined && wasMounted(kept);
    this.#fuseFd = kept ?? openConnection();
    this.#memory = openServerMemory(supervisor.kept.get('state'));
    const { shared, session } = this.#memory;
    this.#session = new SessionRecord(viewMapping(session));
    this.#journal = new Journal(viewMapping(shared.journal));
    this.#poison = new Poison(viewMapping(shared.poison));
    const startTimeSec = this.#session.startTimeSec(Math.floor(realtimeUsec() / 1e6));
    const start = { memory: shared, options, startTimeSec };
    this.#pool = new WorkerPool({
      module: threadModule('worker'),
      start: { ...start, fuseFd: this.#fuseFd },
      count: options.workers,
      mostSiblings: 8,
      journal: this.#journal,
      poison: this.#poison,
      recover: this.#recovery(),
      onFdsLost: () => supervisor.replace(),
      log,
    });
    this.#pressure = Pressure.make({ start, memory: this.#memory, supervisor, log });
    this.ended = this.#pool.ended.then(() => this.#closeRest());
  }

  /** Does all that takes time while another server may still be serving, then takes over. */
  async begin(): Promise<Beginning> {
    try {
      await Promise.all([this.#pool.prepare(), this.#pressure?.prepare()]);
      const beginning = (await this.#supervisor.begin()) ?? (await this.#beginAlone());
      this.#open(beginning);
      return beginning;
    } catch (error) {
      this.#pool.abandon();
      this.#pressure?.abandon();
      throw error;
    }
  }

  /**
   * A predecessor that is well sees to another holder; one that the holder was ending is gone, and a
   * host-server has become a keeper.
   */
  async #beginAlone(): Promise<Beginning> {
    await sleep(predecessorEndMsec);
    const isRunning = Pidfd.open(this.#session.serverPid())?.isRunning() === true;
    if (isRunning || this.#session.wasEnding()) {
      throw new Error('The holder has ended; the server that it had goes on');
    }
    await endKeeper(this.#options.mountPoint);
    return 'after-death';
  }

  /** From here on the connections are this server's. */
  #open(beginning: Beginning): void {
    const { mountPoint } = this.#options;
    const wasUnexpected = beginning === 'after-death' && !this.#session.wasEnding();
    this.#session.setEnding(false);
    this.#session.setServerPid(process.pid);
    recoverMemory(this.#memory, mainThread);
    if (!this.#isTakenOver) this.#forgetRequests();
    const tree = { journal: this.#journal, poison: this.#poison };
    if (wasUnexpected) blameUnanswered(this.#pressure ? [tree, this.#pressure] : [tree]);
    this.#supervisor.keep('state', this.#memory.fd);
    if (this.#isTakenOver) this.#session.countTakeOver();
    else mountTree(this.#fuseFd, this.#options, this.#supervisor, this.#log);
    if (!this.#isTakenOver || this.#session.device('tree') === undefined) {
      this.#session.setDevice('tree', deviceAt(mountPoint));
    }
    this.#loads = startLoadSampling(this.#memory.shared.loads, mainThread, this.#log);
    const { workers } = this.#options;
    this.#pool.open(this.#isTakenOver ? takeUnanswered(this.#fuseFd, this.#journal, workers) : []);
    this.#pressure?.open();
    this.#watching = setInterval(() => this.#watch(), watchMsec);
    for (const { pidnsInode } of this.#poison.quarantine.list()) {
      this.#log.error(
        { pidnsInode },
        "a container's requests kept killing servers: it gets the host's files",
      );
    }
    this.#log.debug({ mountPoint, isTakenOver: this.#isTakenOver }, 'opened');
  }

  /** The kernel numbers the requests of each connection from the beginning. */
  #forgetRequests(): void {
    this.#journal.forgetAll();
    this.#poison.forgetRequests();
  }

  startAnswering(resolver: string): void {
    this.#asked = startAnswering({
      options: this.#options,
      log: this.#log,
      resolver,
      memory: this.#memory,
      session: this.#session,
      supervisor: this.#supervisor,
      journal: this.#journal,
      poison: this.#poison,
      pool: this.#pool,
      pressure: this.#pressure,
      openFiles: new OpenFiles(viewMapping(this.#memory.shared.openFiles), mainThread),
    });
  }

  async untilServing(): Promise<void> {
    await this.#pressure?.ready;
    this.#supervisor.ready(this.#options.mountPoint);
  }

  connections(): Connections {
    return {
      state: this.#memory.fd,
      tree: this.#fuseFd,
      pressure: this.#pressure?.fuseFd,
      triggers: this.#pressure?.triggers,
    };
  }

  isInUse(): boolean {
    const pressure = this.#pressure?.mount();
    return countUses(this.#mount()) > 0 || (pressure !== undefined && countUses(pressure) > 0);
  }

  #mount(): OwnMount {
    const directory = realPathOf(this.#options.mountPoint);
    return { directory, device: this.#session.device('tree') };
  }

  markEnding(): void {
    this.#session.setEnding(true);
  }

  async stop(): Promise<void> {
    const { mountPoint } = this.#options;
    const wasInUse = this.isInUse();
    await this.#pressure?.stop();
    this.#pool.stopReplacing();
    const wasIdle = await endMount(this.#mount(), this.#journal);
    this.forgetConnections();
    logEnd(this.#log, wasIdle !== false && !wasInUse, {
      mountPoint,
      answered: this.#journal.answered(),
    });
    await endedOrEnd(this.#pool.ended, wasIdle);
  }

  forgetConnections(): void {
    this.#supervisor.drop(treeConnection);
    this.#pressure?.forget();
  }

  /** Puts right what a thread that died may have left half-done. */
  #recovery(): (thread: number) => void {
    const { openFiles, cpuTimes } = this.#memory.shared;
    const files = new OpenFiles(viewMapping(openFiles), mainThread);
    const times = new SharedCpuTimes(viewMapping(cpuTimes), mainThread);
    return (thread) => {
      files.recover(thread);
      times.recover(thread);
      this.#loads?.recover(thread);
    };
  }

  /** A server none of whose threads answers must be replaced: its supervisor hears nothing more. */
  #watch(): void {
    const isWell = this.#pool.watch();
    const isPressureWell = this.#pressure?.watch() ?? true;
    if (isWell && isPressureWell) this.#supervisor.alive();
  }

  async #closeRest(): Promise<void> {
    clearInterval(this.#watching);
    this.#loads?.stop();
    this.#asked?.close();
    // Its mount may be out of reach by now: then it ends with the process.
    const patience = sleep(pressurePatienceMsec, undefined, { ref: false });
    await Promise.race([this.#pressure?.stop(), patience]);
  }
}
