// What every daemon checks before it mounts, whatever its transport.

import { hasCapability } from '../kernel/machine.ts';
import { chooseStrategy } from '../reader/choose-strategy.ts';
import type { InitStrategy } from '../reader/strategies/init-strategy.ts';
import type { ServeOptions } from './serve-options.ts';
import { StartError } from './start-error.ts';

/** Without it no container is ever known, and all of them would silently get the host's files. */
export function requireSight(): void {
  if (hasCapability('CAP_SYS_PTRACE')) return;
  throw new StartError(
    "Cannot see the namespaces of other users' processes: CAP_SYS_PTRACE is not held. " +
      'Run as root, in a container with --privileged or --cap-add.',
  );
}

export function chosenStrategy(resolver: ServeOptions['resolver']): InitStrategy {
  try {
    return chooseStrategy(resolver);
  } catch (error) {
    throw new StartError(reasonOf(error));
  }
}

export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
