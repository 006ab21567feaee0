// The blkio controller of cgroup v1: `MAJOR:MINOR OPERATION NUMBER` lines and a
// last line `Total NUMBER`, in files of the same names for each policy that counts.

import { KernelFormatError } from '../../kernel/format-error.ts';
import type { CgroupDirectory } from '../directory.ts';
import type { DeviceUsage, IoUsage, OperationUsage } from '../io-usage.ts';

/**
 * The policies. `bfq` counts the devices with that scheduler, the nameless one those with CFQ,
 * which went with Linux 5.0. `throttle` counted all until Linux 5.15; then for each cgroup only
 * the directions, reading or writing, that it has a throttle limit for; from 6.10 on all of a
 * device that some cgroup has a limit for. Times and merges are counted by CFQ, and by BFQ if
 * the kernel is built for it.
 */
const policies = ['throttle.', 'bfq.', ''];

/** Numbers by `MAJOR:MINOR OPERATION`. */
type Counts = Map<string, number>;

const lineForm = /^(\d+:\d+) ([A-Z][a-z]+) (\d+)$/;

/** Parses one file of the controller. */
export function parseBlkio(text: string, source: string): Counts {
  const counts: Counts = new Map();
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('Total ')) continue;
    const [, device, operation, count] = lineForm.exec(line) ?? [];
    if (device === undefined) {
      throw new KernelFormatError(source, line, 'MAJOR:MINOR OPERATION NUMBER');
    }
    counts.set(`${device} ${operation}`, Number(count));
  }
  return counts;
}

/**
 * What any policy counted. A device can be counted by two: by one all the time, by
 * throttle since it has a limit, so the larger number is the one that knows more.
 */
function readCounts(directory: CgroupDirectory, name: string): Counts | undefined {
  let all: Counts | undefined;
  for (const policy of policies) {
    const file = `blkio.${policy}${name}`;
    const text = directory.readText(file);
    if (text === undefined) continue;
    all ??= new Map();
    for (const [key, count] of parseBlkio(text, `${directory.path}/${file}`)) {
      all.set(key, Math.max(all.get(key) ?? 0, count));
    }
  }
  return all;
}

function devicesIn(counts: Counts): Set<string> {
  return new Set(Array.from(counts.keys(), (key) => key.slice(0, key.indexOf(' '))));
}

interface AllCounts {
  readonly requests: Counts;
  readonly bytes: Counts;
  readonly merged: Counts | undefined;
  readonly waitNsec: Counts | undefined;
  readonly serviceNsec: Counts | undefined;
}

function operationUsage(counts: AllCounts, key: string): OperationUsage {
  const of = (some: Counts | undefined) => some?.get(key) ?? 0;
  return {
    requests: of(counts.requests),
    bytes: of(counts.bytes),
    merged: of(counts.merged),
    nsec: of(counts.waitNsec) + of(counts.serviceNsec),
  };
}

function isAnyCounted(counts: Counts | undefined): boolean {
  return counts !== undefined && [...counts.values()].some((count) => count > 0);
}

/**
 * `undefined` when the cgroup's I/O is not counted, or when the cgroup is gone. A cgroup without
 * any tells nothing by itself; the root's own tasks always have some, so where theirs is not
 * counted nobody's is but by chance.
 */
export function readBlkio(own: CgroupDirectory, root: CgroupDirectory): IoUsage | undefined {
  const bytes = readCounts(own, 'io_service_bytes_recursive');
  const requests = readCounts(own, 'io_serviced_recursive');
  if (bytes === undefined || requests === undefined) return undefined;
  if (!isAnyCounted(bytes) && !isAnyCounted(readCounts(root, 'io_service_bytes'))) return undefined;
  const counts: AllCounts = {
    bytes,
    requests,
    merged: readCounts(own, 'io_merged_recursive'),
    waitNsec: readCounts(own, 'io_wait_time_recursive'),
    serviceNsec: readCounts(own, 'io_service_time_recursive'),
  };
  const usage = new Map<string, DeviceUsage>();
  for (const device of devicesIn(bytes)) {
    usage.set(device, {
      read: operationUsage(counts, `${device} Read`),
      write: operationUsage(counts, `${device} Write`),
      discard: operationUsage(counts, `${device} Discard`),
    });
  }
  return usage;
}
