// The answer to "who asks?", with what led to it.

import type { CgroupRule } from './cgroup-policy.ts';
import type { Reader } from './reader.ts';

export type IdentificationRule = CgroupRule | 'not-visible' | 'reader-ended' | 'no-init';

export interface Identification {
  readonly reader: Reader;
  readonly rule: IdentificationRule;
  /** `undefined` when the reader's namespace could not be looked at. */
  readonly pidnsInode: number | undefined;
  /** What went wrong with `no-init`. */
  readonly problem?: string;
}

export const ruleReasons: Readonly<Record<IdentificationRule, string>> = {
  'host-process': "pid and mount namespace are the host's: a process of the host",
  'host-pid-container':
    "the pid namespace is the host's, the mount namespace is not (--pid=host): its own cgroup counts",
  'mounts-of-init': "in the mount namespace of the container's init: init's cgroup counts",
  'mounts-of-host':
    "entered the container's pid namespace from the host (nsenter --pid): init's cgroup counts",
  'below-init': "its cgroup is init's, or lies below it: init's cgroup counts",
  'shared-pid-namespace':
    "its cgroup is a sibling of init's: one of several containers in one pid namespace; its own counts",
  'entered-from-elsewhere':
    "its cgroup has nothing to do with init's: it entered the container; init's cgroup counts",
  'not-visible': "the caller has no number in the daemon's pid namespace: it sees the host's file",
  'reader-ended': "the caller has ended: the host's file",
  'no-init': "no living init of its pid namespace could be found and verified: the host's file",
};
