// From a calling thread to the container it belongs to.
//
// The caller's thread waits in the kernel for the answer to its request, so its tid
// can't be given to another thread meanwhile, and its namespaces can't change.

import { LRUCache } from 'lru-cache';
import { readPidStat } from '../kernel/pid-stat.ts';
import { inodeOf, readNamespaceLink } from '../kernel/process.ts';
import type { SystemError } from '../kernel/system-error.ts';
import { type CgroupDecision, decideCgroup } from './cgroup-policy.ts';
import { ContainerInit } from './container-init.ts';
import type { Identification } from './identification.ts';
import { type Caller, InitFinder } from './init-finder.ts';
import { ProcFacts, readHostMountns } from './proc-facts.ts';
import type { ContainerReader, Reader } from './reader.ts';
import type { InitStrategy } from './strategies/init-strategy.ts';

export interface ResolverOptions {
  readonly strategy: InitStrategy;
  /** How long an init is kept; each use verifies it all the same. */
  readonly cacheTtlMsec: number;
  /** Namespaces kept at most; each takes two fds. */
  readonly cacheMax?: number;
  /** Called when the kernel refuses to tell an init; the reader is `gone` then. */
  readonly onFailure?: (error: SystemError) => void;
  /** Asked at each call: while it says no, every caller counts as the host. */
  readonly seesContainers?: () => boolean;
  /** Whether a container's readers count as the host for the time being. */
  readonly isQuarantined?: (reader: ContainerReader) => boolean;
}

const defaultCacheMax = 512;
const internedMax = 256;

const host: Reader = { kind: 'host' };
const gone: Reader = { kind: 'gone' };
const notVisible: Identification = { reader: gone, rule: 'not-visible', pidnsInode: undefined };
const readerEnded: Identification = { reader: gone, rule: 'reader-ended', pidnsInode: undefined };

/** Answers for one thread of the daemon: it is not shared, and blocks while it asks the kernel. */
export class ReaderResolver {
  readonly strategy: InitStrategy;
  readonly #inits: InitFinder;
  readonly #seesContainers: () => boolean;
  readonly #isQuarantined: (reader: ContainerReader) => boolean;
  readonly #ownPidnsLink = readNamespaceLink('/proc/self', 'pid');
  readonly #hostMountns = readHostMountns();
  readonly #hostStartTicks = readPidStat('/proc/1')?.startTicks ?? 0;
  readonly #interned = new LRUCache<string, string>({ max: internedMax });

  constructor(options: ResolverOptions) {
    const { strategy, cacheTtlMsec, cacheMax = defaultCacheMax, onFailure = () => {} } = options;
    this.strategy = strategy;
    this.#seesContainers = options.seesContainers ?? (() => true);
    this.#isQuarantined = options.isQuarantined ?? (() => false);
    this.#inits = new InitFinder({ strategy, cacheTtlMsec, cacheMax, onFailure });
  }

  /** `callerTid` is a thread id as the daemon numbers it, 0 for one it can't see. */
  resolve(callerTid: number): Reader {
    if (!this.#seesContainers()) return host;
    const { reader } = this.identify(callerTid);
    return reader.kind === 'container' && this.#isQuarantined(reader) ? host : reader;
  }

  /** Who the caller is in any case, with the reasons. */
  identify(callerTid: number): Identification {
    if (callerTid <= 0) return notVisible;
    const dir = `/proc/${callerTid}`;
    const pidnsLink = readNamespaceLink(dir, 'pid');
    if (pidnsLink === undefined) return readerEnded;
    const caller = { dir, pidnsLink, pidnsInode: inodeOf(pidnsLink) };
    if (pidnsLink === this.#ownPidnsLink) return this.#identifyOnHost(caller);
    return this.#identifyInContainer(caller);
  }

  #identifyOnHost({ dir, pidnsInode }: Caller): Identification {
    const decision = decideCgroup(new ProcFacts(dir, this.#hostMountns));
    if (decision === undefined) return readerEnded;
    const { rule, cgroupText } = decision;
    if (cgroupText === undefined) return { reader: host, rule, pidnsInode };
    const reader: ContainerReader = {
      kind: 'container',
      initPid: 1,
      initStartTicks: this.#hostStartTicks,
      pidnsInode,
      outermostPidns: undefined,
      cgroupText: this.#intern(cgroupText),
    };
    return { reader, rule, pidnsInode };
  }

  #identifyInContainer(caller: Caller): Identification {
    const cached = this.#inits.findCached(caller);
    const known = cached && this.#identifyBehind(cached, caller);
    if (known !== undefined) return known;
    const init = this.#inits.find(caller);
    if (init instanceof ContainerInit) return this.#identifyBehind(init, caller) ?? readerEnded;
    const { pidnsInode } = caller;
    return { reader: gone, rule: 'no-init', pidnsInode, problem: init.problem };
  }

  /** `undefined` when init's running thread, or the caller, has ended. */
  #identifyBehind(init: ContainerInit, { dir, pidnsInode }: Caller): Identification | undefined {
    const decision = decideCgroup(new ProcFacts(dir, this.#hostMountns, init));
    if (decision?.cgroupText === undefined) return undefined;
    const reader: ContainerReader = {
      kind: 'container',
      initPid: init.pid,
      initStartTicks: init.startTicks,
      pidnsInode,
      outermostPidns: init.outermostPidns,
      cgroupText: this.#textOf(decision),
    };
    return { reader, rule: decision.rule, pidnsInode };
  }

  /** init's text is one object already; a text made from the reader's own is not. */
  #textOf({ rule, cgroupText = '' }: CgroupDecision): string {
    return rule === 'shared-pid-namespace' ? this.#intern(cgroupText) : cgroupText;
  }

  /** The same object for the same text, so that callers compare it at no cost. */
  #intern(text: string): string {
    const known = this.#interned.get(text);
    if (known !== undefined) return known;
    this.#interned.set(text, text);
    return text;
  }

  /** Closes every fd it holds. */
  close(): void {
    this.#inits.close();
  }
}
