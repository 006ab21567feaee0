// Finds the init of a pid namespace: from the cache if the cached one still runs,
// else by the strategy, verified. Absence is remembered too, so that a container that
// makes every lookup fail does not keep a worker busy.

import { LRUCache } from 'lru-cache';
import { isOutOfFds } from '../kernel/out-of-fds.ts';
import { closeFd, openPidNamespace } from '../kernel/process.ts';
import { SystemError } from '../kernel/system-error.ts';
import { ContainerInit } from './container-init.ts';
import { outermostPidns } from './outermost-pidns.ts';
import type { InitStrategy } from './strategies/init-strategy.ts';

/** For how long absence is remembered at least. */
const absenceTtlMsec = 1000;
/** Lookups that go on to fail take no more of a worker's time than one part of this for a namespace. */
const absenceShare = 20;
/** But a machine that had too much to do for a moment is not the container's fault. */
const patienceFactor = 4;
/** How long after that it is known that lookups have failed before. */
const memoryMsec = 60_000;
const absenceMax = 64;

/** A thread and the pid namespace it is in. */
export interface Caller {
  /** Its folder in procfs. */
  readonly dir: string;
  readonly pidnsLink: string;
  readonly pidnsInode: number;
}

/** There is no init to be found. */
export interface Absence {
  readonly problem: string;
}

interface HeldAbsence extends Absence {
  readonly untilMsec: number;
  /** Lookups that have failed in a row. */
  readonly failures: number;
  /** Keeps the namespace, so that its inode number can't come to mean another one. */
  readonly pidnsFd: number;
}

export interface InitFinderOptions {
  readonly strategy: InitStrategy;
  readonly cacheTtlMsec: number;
  readonly cacheMax: number;
  readonly onFailure: (error: SystemError) => void;
}

export class InitFinder {
  readonly #options: InitFinderOptions;
  readonly #inits: LRUCache<number, ContainerInit>;
  readonly #absences: LRUCache<number, HeldAbsence>;

  constructor(options: InitFinderOptions) {
    this.#options = options;
    // lru-cache remembers the time and forgets it by a timer, unless ttlResolution is
    // 0. Timers never fire in a thread that blocks in read(2): nothing would expire.
    this.#inits = new LRUCache({
      max: options.cacheMax,
      ttl: options.cacheTtlMsec,
      ttlResolution: 0,
      dispose: (init) => init.close(),
    });
    this.#absences = new LRUCache({
      max: absenceMax,
      ttl: absenceTtlMsec,
      ttlResolution: 0,
      dispose: ({ pidnsFd }) => closeFd(pidnsFd),
    });
  }

  /** The init in the cache, if it still runs. */
  findCached({ pidnsInode }: Caller): ContainerInit | undefined {
    const init = this.#inits.get(pidnsInode);
    // To lru-cache, a time of 0 is no limit; to the operator, it is no cache.
    const isKept = this.#options.cacheTtlMsec > 0;
    if (init === undefined || (isKept && init.isRunning())) return init;
    this.#inits.delete(pidnsInode);
    return undefined;
  }

  /** Asks anew; what the cache held for that namespace is closed. */
  find(caller: Caller): ContainerInit | Absence {
    const known = this.#absences.get(caller.pidnsInode);
    const startMsec = performance.now();
    if (known !== undefined && startMsec < known.untilMsec) return known;
    // Here, because a lookup costs more anyway: otherwise the fds of containers that
    // nobody asks about any more stay open.
    this.#inits.purgeStale();
    this.#absences.purgeStale();
    const pidnsFd = openPidNamespace(caller.dir);
    if (pidnsFd === undefined) return { problem: 'the caller has ended' };
    const found = this.#askOrClose(caller, pidnsFd);
    if (found instanceof ContainerInit) {
      closeFd(pidnsFd);
      this.#absences.delete(caller.pidnsInode);
      this.#inits.set(caller.pidnsInode, found);
    } else {
      this.#inits.delete(caller.pidnsInode);
      const failures = (known?.failures ?? 0) + 1;
      const restMsec = restAfter(failures, performance.now() - startMsec);
      const absence = { ...found, pidnsFd, failures, untilMsec: performance.now() + restMsec };
      this.#absences.set(caller.pidnsInode, absence, { ttl: restMsec + memoryMsec });
    }
    return found;
  }

  #askOrClose(caller: Caller, pidnsFd: number): ContainerInit | Absence {
    try {
      return this.#ask(caller, pidnsFd);
    } catch (error) {
      closeFd(pidnsFd);
      throw error;
    }
  }

  #ask({ pidnsLink, pidnsInode }: Caller, pidnsFd: number): ContainerInit | Absence {
    const { strategy, onFailure } = this.#options;
    try {
      const pid = strategy.readInitPid(pidnsFd);
      if (pid === undefined) return { problem: 'its init has ended' };
      const outermost = outermostPidns({ fd: pidnsFd, inode: pidnsInode });
      const pidns = { link: pidnsLink, outermost };
      const init = ContainerInit.open(pid, pidns);
      return init ?? { problem: `process ${pid} has ended, or is not of that namespace` };
    } catch (error) {
      if (!(error instanceof SystemError) || isOutOfFds(error)) throw error;
      onFailure(error);
      return { problem: error.message };
    }
  }

  close(): void {
    this.#inits.clear();
    this.#absences.clear();
  }
}

/** For how long a namespace is not asked for after so many failures, of which the last took so long. */
function restAfter(failures: number, spentMsec: number): number {
  const mostMsec = absenceTtlMsec * patienceFactor ** (failures - 1);
  return Math.max(absenceTtlMsec, Math.min(spentMsec * absenceShare, mostMsec));
}
