// The settings of `nsproc serve`, checked.

import type { LogLevel } from './log.ts';

export const resolverNames = ['auto', 'ns-get-init-pid', 'ns-get-tgid', 'ucred'] as const;
export const cpuPolicies = ['quota', 'cpuset'] as const;

export interface ServeOptions {
  /** Absolute path. */
  readonly mountPoint: string;
  /** Serving threads, at least 1. */
  readonly workers: number;
  readonly resolver: (typeof resolverNames)[number];
  /** How long a namespace's init is remembered, in milliseconds. */
  readonly initCacheTtlMsec: number;
  /** What decides how many CPUs a container sees. */
  readonly cpus: (typeof cpuPolicies)[number];
  readonly logLevel: LogLevel;
}
