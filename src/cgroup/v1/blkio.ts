// The blkio controller of cgroup v1: `MAJOR:MINOR OPERATION NUMBER` lines and a
// last line `Total NUMBER`. Files of the throttle policy count every device; the
// ones without a policy name (CFQ) went with Linux 5.0.

import { KernelFormatError } from '../../kernel/format-error.ts';
import type { CgroupDirectory } from '../directory.ts';
import type { DeviceUsage, IoUsage } from '../io-usage.ts';

const bytesFiles = [
  'blkio.throttle.io_service_bytes_recursive',
  'blkio.io_service_bytes_recursive',
];
const servicedFiles = ['blkio.throttle.io_serviced_recursive', 'blkio.io_serviced_recursive'];

type Counts = Map<string, number>;

/** Numbers by `MAJOR:MINOR OPERATION`. */
export function parseBlkio(text: string, source: string): Counts {
  const counts: Counts = new Map();
  for (const line of text.split('\n')) {
    const match = /^(\d+:\d+) (\w+) (\d+)$/.exec(line);
    if (match !== null) counts.set(`${match[1]} ${match[2]}`, Number(match[3]));
    else if (line !== '' && !line.startsWith('Total ')) {
      throw new KernelFormatError(source, line, 'MAJOR:MINOR OPERATION NUMBER');
    }
  }
  return counts;
}

function readCounts(directory: CgroupDirectory, names: readonly string[]): Counts | undefined {
  for (const name of names) {
    const text = directory.readText(name);
    if (text !== undefined) return parseBlkio(text, `${directory.path}/${name}`);
  }
  return undefined;
}

/** `undefined` when this kernel counts neither, or the cgroup is gone. */
export function readBlkio(directory: CgroupDirectory): IoUsage | undefined {
  const bytes = readCounts(directory, bytesFiles);
  const serviced = readCounts(directory, servicedFiles);
  if (bytes === undefined || serviced === undefined) return undefined;
  const usage = new Map<string, DeviceUsage>();
  for (const key of bytes.keys()) {
    const [device = ''] = key.split(' ');
    const of = (counts: Counts, operation: string) => counts.get(`${device} ${operation}`) ?? 0;
    usage.set(device, {
      readBytes: of(bytes, 'Read'),
      writtenBytes: of(bytes, 'Write'),
      discardedBytes: of(bytes, 'Discard'),
      reads: of(serviced, 'Read'),
      writes: of(serviced, 'Write'),
      discards: of(serviced, 'Discard'),
    });
  }
  return usage;
}
