// What a cgroup and all below it have read from and written to block devices.

/** Sums since the cgroup was made, of what reached the device. */
export interface OperationUsage {
  readonly requests: number;
  readonly bytes: number;
  /** Requests that were joined to others; 0 where this kernel does not count them. */
  readonly merged: number;
  /** In the queue and in the device, all requests together; 0 where not counted. */
  readonly nsec: number;
}

export type DeviceUsage = Readonly<Record<'read' | 'write' | 'discard', OperationUsage>>;

/** By `MAJOR:MINOR`. */
export type IoUsage = ReadonlyMap<string, DeviceUsage>;
