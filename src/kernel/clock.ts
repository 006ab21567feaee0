// Clocks, in whole microseconds.

import * as libc from './libc.ts';

const CLOCK_REALTIME = 0;
const CLOCK_MONOTONIC = 1;
const CLOCK_THREAD_CPUTIME_ID = 3;
const CLOCK_BOOTTIME = 7;

/** struct timespec: seconds, nanoseconds. */
const timespec = new BigInt64Array(2);

function usecOf(clock: number): number {
  libc.checked('read the clock', () => libc.clockGettime(clock, timespec));
  return Number(timespec[0]) * 1e6 + Math.floor(Number(timespec[1]) / 1000);
}

/** Microseconds since boot, time asleep included (the clock of /proc/uptime). */
function boottimeUsec(): number {
  return usecOf(CLOCK_BOOTTIME);
}

/** Microseconds since boot, time asleep not included; for ages and time limits. */
export function monotonicUsec(): number {
  return usecOf(CLOCK_MONOTONIC);
}

/** Microseconds since 1970. */
export function realtimeUsec(): number {
  return usecOf(CLOCK_REALTIME);
}

/** CPU time that this thread has used. */
function threadCpuUsec(): number {
  return usecOf(CLOCK_THREAD_CPUTIME_ID);
}

/** All of them, for those who are handed their clocks. */
export const clock = { boottimeUsec, monotonicUsec, realtimeUsec, threadCpuUsec };
