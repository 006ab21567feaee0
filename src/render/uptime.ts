// The text of /proc/uptime.

export interface UptimeValues {
  /** Since the container's init began. */
  readonly ageUsec: number;
  readonly cpuCount: number;
  /** CPU time used by the container since then. */
  readonly usedUsec: number;
}

/** Seconds with two decimals, cut off as the kernel does. */
function renderSeconds(usec: number): string {
  const hundredths = Math.floor(usec / 10_000);
  const fraction = String(hundredths % 100).padStart(2, '0');
  return `${Math.floor(hundredths / 100)}.${fraction}`;
}

/** Age, and idle time summed over the container's CPUs; neither below 0. */
export function renderUptime({ ageUsec, cpuCount, usedUsec }: UptimeValues): string {
  const age = Math.max(0, ageUsec);
  const idle = Math.max(0, cpuCount * age - usedUsec);
  return `${renderSeconds(age)} ${renderSeconds(idle)}\n`;
}
