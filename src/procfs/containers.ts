// The containers that a thread has served lately, with their cgroups held open.

import { LRUCache } from 'lru-cache';
import { ContainerCgroup } from '../cgroup/container-cgroup.ts';
import type { CgroupLayout } from '../cgroup/layout.ts';
import { parseMembership } from '../cgroup/membership.ts';
import type { ContainerReader } from '../reader/reader.ts';
import { Container, identityOf, type LastTexts, lastTextTtlUsec } from './container.ts';
import type { Clock } from './sources.ts';

/** Each holds up to a few dozen fds: some for each directory on its way to the root. */
const maxContainers = 512;
const maxDirectories = 8 * maxContainers;
/** How soon a controller that was enabled or disabled later is noticed. */
const ttlUsec = 5e6;

export class Containers {
  readonly #layout: CgroupLayout;
  readonly #clock: Pick<Clock, 'monotonicUsec'>;
  readonly #cache: LRUCache<string, Container>;
  /** Of containers that were closed, too: what is told when they cannot be read any more. */
  readonly #lastTexts: LRUCache<string, LastTexts>;
  #sweptAtUsec = 0;

  constructor(layout: CgroupLayout, clock: Pick<Clock, 'monotonicUsec'>) {
    this.#layout = layout;
    this.#clock = clock;
    this.#cache = new LRUCache({
      max: maxContainers,
      maxSize: maxDirectories,
      sizeCalculation: ({ cgroup }) => cgroup.depth,
      dispose: (container) => container.close(),
    });
    this.#lastTexts = new LRUCache({
      max: maxContainers,
      ttl: (ttlUsec + lastTextTtlUsec) / 1000,
      ttlResolution: 0,
    });
  }

  of(reader: ContainerReader): Container {
    const nowUsec = this.#clock.monotonicUsec();
    if (nowUsec - this.#sweptAtUsec > ttlUsec) this.#sweep(nowUsec);
    const identity = identityOf(reader);
    const known = this.#cache.get(identity);
    if (known !== undefined) return known;
    return this.#open(reader, identity, nowUsec);
  }

  /** Opens the container's cgroups anew, in case they were made again under the same names. */
  reopened(reader: ContainerReader): Container {
    const identity = identityOf(reader);
    this.#cache.delete(identity);
    return this.#open(reader, identity, this.#clock.monotonicUsec());
  }

  /** Gives back all fds; what is asked for next is opened anew. */
  close(): void {
    this.#cache.clear();
  }

  #open(reader: ContainerReader, identity: string, nowUsec: number): Container {
    const cgroup = new ContainerCgroup(this.#layout, parseMembership(reader.cgroupText));
    const lastTexts = this.#lastTexts.get(identity) ?? new Map();
    // Anew each time: they must outlive this object by their own age.
    this.#lastTexts.set(identity, lastTexts);
    const container = new Container({ reader, cgroup, openedAtUsec: nowUsec, lastTexts });
    this.#cache.set(identity, container);
    return container;
  }

  /** Blocked threads run no timers, so what has expired goes when somebody asks. */
  #sweep(nowUsec: number): void {
    this.#sweptAtUsec = nowUsec;
    this.#lastTexts.purgeStale();
    for (const [identity, { openedAtUsec }] of this.#cache.entries()) {
      if (nowUsec - openedAtUsec > ttlUsec) this.#cache.delete(identity);
    }
  }
}
