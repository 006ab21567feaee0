// The io controller of cgroup v2: io.stat, one line a device:
// `8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=5 dios=6`, in later kernels with more keys.

import { KernelFormatError } from '../../kernel/format-error.ts';
import type { DeviceUsage, IoUsage } from '../io-usage.ts';

/** Keys of io.stat that are read. */
const keys = {
  rbytes: 'readBytes',
  wbytes: 'writtenBytes',
  dbytes: 'discardedBytes',
  rios: 'reads',
  wios: 'writes',
  dios: 'discards',
} as const satisfies Record<string, keyof DeviceUsage>;

function isKey(name: string): name is keyof typeof keys {
  return Object.hasOwn(keys, name);
}

function parseDevice(pairs: readonly string[], source: string): DeviceUsage {
  const usage = {
    readBytes: 0,
    writtenBytes: 0,
    discardedBytes: 0,
    reads: 0,
    writes: 0,
    discards: 0,
  };
  for (const pair of pairs) {
    const [name = '', digits = ''] = pair.split('=');
    if (!isKey(name)) continue;
    if (!/^\d+$/.test(digits)) throw new KernelFormatError(source, pair, 'KEY=NUMBER');
    usage[keys[name]] = Number(digits);
  }
  return usage;
}

/** Parses io.stat. A device without any counter has no pairs behind its number. */
export function parseIoStat(text: string, source: string): IoUsage {
  const usage = new Map<string, DeviceUsage>();
  for (const line of text.split('\n')) {
    const [device = '', ...pairs] = line.split(' ');
    if (/^\d+:\d+$/.test(device)) usage.set(device, parseDevice(pairs, source));
  }
  return usage;
}
