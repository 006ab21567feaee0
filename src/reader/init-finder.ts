// Finds the init of a pid namespace: from the cache if the cached one still runs,
// else by the strategy, verified. Absence is remembered too, so that a container that
// makes every lookup fail does not keep a worker busy.

import { LRUCache } from 'lru-cache';
import { closeFd, openPidNamespace } from '../kernel/process.ts';
import { SystemError } from '../kernel/system-error.ts';
import { ContainerInit } from './container-init.ts';
import { isOutOfFds } from './out-of-fds.ts';
import { outermostPidns } from './outermost-pidns.ts';
import type { InitStrategy } from './strategies/init-strategy.ts';

/** For how long absence is remembered at least. */
const absenceTtlMsec = 1000;
/** Lookups that fail take no more of a worker's time than one part of this for a namespace. */
const absenceShare = 20;
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
    if (known !== undefined) return known;
    // Here, because a lookup costs more anyway: otherwise the fds of containers that
    // nobody asks about any more stay open.
    this.#inits.purgeStale();
    this.#absences.purgeStale();
    const pidnsFd = openPidNamespace(caller.dir);
    if (pidnsFd === undefined) return { problem: 'the caller has ended' };
    const startMsec = performance.now();
    const found = this.#ask(caller, pidnsFd);
    if (found instanceof ContainerInit) {
      closeFd(pidnsFd);
      this.#inits.set(caller.pidnsInode, found);
    } else {
      this.#inits.delete(caller.pidnsInode);
      const ttl = Math.max(absenceTtlMsec, (performance.now() - startMsec) * absenceShare);
      this.#absences.set(caller.pidnsInode, { ...found, pidnsFd }, { ttl });
    }
    return found;
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
