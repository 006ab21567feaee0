// One way to ask the kernel for the init of a pid namespace.

import { closeFd, openPidNamespace } from '../../kernel/process.ts';

export const strategyNames = ['ns-get-init-pid', 'ns-get-tgid', 'ucred'] as const;
export type StrategyName = (typeof strategyNames)[number];

export interface Probe {
  readonly works: boolean;
  /** Why, in words for the operator. */
  readonly reason: string;
}

export interface InitStrategy {
  readonly name: StrategyName;
  /** Whether it works on this kernel and with this process's rights; tried, not guessed. */
  probe(): Probe;
  /**
   * The pid of the namespace's init as this process numbers it; `undefined` when
   * the namespace has none (any more). Throws SystemError when asking failed.
   * The answer may be out of date the moment it is given: whoever uses it verifies it.
   */
  readInitPid(pidnsFd: number): number | undefined;
}

/**
 * What the strategy says of this process's own pid namespace, whose init is pid 1
 * as seen from here. A kernel that does not know an ioctl, and one that uses its
 * number for something else, both fail to answer 1.
 */
export function askForOwnInit(readInitPid: (pidnsFd: number) => number | undefined): boolean {
  const fd = openPidNamespace('/proc/self');
  if (fd === undefined) return false;
  try {
    return readInitPid(fd) === 1;
  } finally {
    closeFd(fd);
  }
}
