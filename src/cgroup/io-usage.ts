// What a cgroup and all below it have read from and written to block devices.

/** Sums since the cgroup was made; only requests that reached the device. */
export interface DeviceUsage {
  readonly readBytes: number;
  readonly writtenBytes: number;
  readonly discardedBytes: number;
  readonly reads: number;
  readonly writes: number;
  readonly discards: number;
}

/** By `MAJOR:MINOR`. */
export type IoUsage = ReadonlyMap<string, DeviceUsage>;
