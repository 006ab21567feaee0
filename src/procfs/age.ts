// How long a container has been running.

import type { Container } from './container.ts';
import type { Clock } from './sources.ts';

/** Clock ticks of procfs: USER_HZ, 100 on every architecture that Node runs on. */
const usecPerTick = 10_000;

/**
 * Microseconds since the container's init started, or another process, never below 0.
 *
 * Start times in procfs and CLOCK_BOOTTIME carry the offset of the *daemon's* time
 * namespace, both of them, so the age is right in any other as well.
 */
export function ageUsecOf(
  { initStartTicks }: Pick<Container, 'initStartTicks'>,
  clock: Clock,
): number {
  return Math.max(0, clock.boottimeUsec() - initStartTicks * usecPerTick);
}
