// Which cgroup's numbers a reader sees: the one policy, as a pure function.

import {
  comparedPaths,
  isBelow,
  parentBelowRoot,
  siblingOfInit,
  withoutInitScope,
} from './cgroup-text.ts';

/** What the policy asks about one reader; answered only when asked, each is a system call. */
export interface CgroupFacts {
  /** Whether the reader is in the host's pid namespace or in a container's. */
  readonly pidns: 'host' | 'container';
  /** Mount namespaces by the text of their link; `undefined` when the process is gone. */
  readerMountns(): string | undefined;
  isHostMountns(link: string): boolean;
  isInitMountns(link: string): boolean;
  /** /proc/PID/cgroup of the reader, as the kernel gives it. */
  readerCgroupText(): string | undefined;
  /** The same of init, already passed through withoutInitScope(). */
  initCgroupText(): string | undefined;
}

/** The rules in the order in which they are tried. */
export type CgroupRule =
  | 'host-process'
  | 'host-pid-container'
  | 'mounts-of-init'
  | 'mounts-of-host'
  | 'below-init'
  | 'shared-pid-namespace'
  | 'entered-from-elsewhere';

export type CgroupDecision =
  | { readonly rule: 'host-process'; readonly cgroupText?: never }
  | { readonly rule: Exclude<CgroupRule, 'host-process'>; readonly cgroupText: string };

/**
 * Decides which cgroup counts, and why; `undefined` when a process that had to be
 * looked at is gone.
 */
export function decideCgroup(facts: CgroupFacts): CgroupDecision | undefined {
  const readerMountns = facts.readerMountns();
  if (readerMountns === undefined) return undefined;
  if (facts.pidns === 'host') return decideOnHost(facts, readerMountns);
  const initCgroupText = facts.initCgroupText();
  if (initCgroupText === undefined) return undefined;
  // By far the most frequent case, decided without a look at the reader's cgroup.
  if (facts.isInitMountns(readerMountns)) {
    return { rule: 'mounts-of-init', cgroupText: initCgroupText };
  }
  // nsenter --pid without --mount: a tool of the host that looks into the container.
  if (facts.isHostMountns(readerMountns)) {
    return { rule: 'mounts-of-host', cgroupText: initCgroupText };
  }
  const readerCgroupText = facts.readerCgroupText();
  if (readerCgroupText === undefined) return undefined;
  return decideByCgroups(readerCgroupText, initCgroupText);
}

/** A container with --pid=host has pid 1 of the host as init, which says nothing about it. */
function decideOnHost(facts: CgroupFacts, readerMountns: string): CgroupDecision | undefined {
  if (facts.isHostMountns(readerMountns)) return { rule: 'host-process' };
  const readerCgroupText = facts.readerCgroupText();
  if (readerCgroupText === undefined) return undefined;
  return { rule: 'host-pid-container', cgroupText: withoutInitScope(readerCgroupText) };
}

function decideByCgroups(readerCgroupText: string, initCgroupText: string): CgroupDecision {
  const [initPath, readerPath] = comparedPaths(initCgroupText, readerCgroupText) ?? ['/', '/'];
  if (readerPath === initPath || isBelow(readerPath, initPath)) {
    return { rule: 'below-init', cgroupText: initCgroupText };
  }
  const parent = parentBelowRoot(initPath);
  // Containers that share one pid namespace, whose init is one of them: a Kubernetes
  // pod with shareProcessNamespace (init is `pause`), docker run --pid=container:X.
  if (parent !== undefined && isBelow(readerPath, parent)) {
    const sibling = siblingOfInit(readerCgroupText, initCgroupText);
    return { rule: 'shared-pid-namespace', cgroupText: withoutInitScope(sibling) };
  }
  return { rule: 'entered-from-elsewhere', cgroupText: initCgroupText };
}
