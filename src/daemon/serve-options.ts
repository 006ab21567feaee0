// The settings of `nsproc serve`, checked.

import type { ShownMemory } from '../view/memory.ts';

export const transportNames = ['dev-fuse', 'fuse-native'] as const;
export const resolverNames = ['auto', 'ns-get-init-pid', 'ns-get-tgid', 'ucred'] as const;
export const cpuPolicies = ['quota', 'cpuset'] as const;
export const switchPositions = ['on', 'off'] as const;
export const logLevels = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof logLevels)[number];
export type Switch = (typeof switchPositions)[number];

export interface ServeOptions {
  /** Absolute path. */
  readonly mountPoint: string;
  /** Serving threads, at least 1. */
  readonly workers: number;
  readonly resolver: (typeof resolverNames)[number];
  /** How long a namespace's init is remembered, in milliseconds. */
  readonly initCacheTtlMsec: number;
  /** Off: everybody sees the host's files. */
  readonly virtualization: Switch;
  /** What decides how many CPUs a container sees. */
  readonly cpus: (typeof cpuPolicies)[number];
  /** Off: containers see no swap, whatever they have. */
  readonly swap: Switch;
  /** Off: containers see nothing of what zswap holds for them. */
  readonly zswap: Switch;
  /** Off: containers see the host's load averages. */
  readonly loadavg: Switch;
  readonly logLevel: LogLevel;
}

/** What the command line decides beside that. */
export interface ServeSettings extends ServeOptions {
  /** How requests come from the kernel. */
  readonly transport: (typeof transportNames)[number];
}

/** What the switches let containers see. */
export function shownMemoryOf({ swap, zswap }: Pick<ServeOptions, 'swap' | 'zswap'>): ShownMemory {
  return { swap: swap === 'on', zswap: zswap === 'on' };
}
