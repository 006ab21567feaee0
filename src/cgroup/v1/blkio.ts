// The blkio controller of cgroup v1: `MAJOR:MINOR OPERATION NUMBER` lines and a
// last line `Total NUMBER`, in files of the same names for each policy that counts.

import { KernelFormatError } from '../../kernel/format-error.ts';
import type { CgroupDirectory } from '../directory.ts';
import type { DeviceUsage, IoUsage, OperationUsage } from '../io-usage.ts';

/**
 * The policies. `throttle` counts every device, but from Linux 6.10 on only those that some
 * cgroup has a throttle limit for; `bfq` those with that scheduler, the nameless one those
 * with CFQ, which went with Linux 5.0. Times and merges are counted by CFQ, and by BFQ if
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
    const file = `blkio.${policy}${name}_recursive`;
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

/**
 * `undefined` when this kernel counts neither, when it counts nobody's I/O at this
 * time, or when the cgroup is gone.
 */
export function readBlkio(own: CgroupDirectory, root: CgroupDirectory): IoUsage | undefined {
  const bytes = readCounts(own, 'io_service_bytes');
  const requests = readCounts(own, 'io_serviced');
  if (bytes === undefined || requests === undefined) return undefined;
  if (bytes.size === 0 && !readCounts(root, 'io_service_bytes')?.size) return undefined;
  const counts: AllCounts = {
    bytes,
    requests,
    merged: readCounts(own, 'io_merged'),
    waitNsec: readCounts(own, 'io_wait_time'),
    serviceNsec: readCounts(own, 'io_service_time'),
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
