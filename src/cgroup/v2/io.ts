// The io controller of cgroup v2: io.stat, one line a device:
// `8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=5 dios=6`, with more keys where a policy
// or a device adds some.

import { KernelFormatError } from '../../kernel/format-error.ts';
import type { DeviceUsage, IoUsage, OperationUsage } from '../io-usage.ts';

/** Numbers by key. */
type Counters = ReadonlyMap<string, number>;

const wantedKeys = new Set(['rbytes', 'wbytes', 'dbytes', 'rios', 'wios', 'dios']);

function parseCounters(pairs: readonly string[], source: string): Counters {
  const counters = new Map<string, number>();
  for (const pair of pairs) {
    const [key = '', digits = ''] = pair.split('=');
    if (!wantedKeys.has(key)) continue;
    if (!/^\d+$/.test(digits)) throw new KernelFormatError(source, pair, 'KEY=NUMBER');
    counters.set(key, Number(digits));
  }
  return counters;
}

/** `initial` begins the operation's keys. Merges and times are not counted. */
function operationUsage(counters: Counters, initial: 'r' | 'w' | 'd'): OperationUsage {
  const requests = counters.get(`${initial}ios`) ?? 0;
  return { requests, bytes: counters.get(`${initial}bytes`) ?? 0, merged: 0, nsec: 0 };
}

function parseDevice(pairs: readonly string[], source: string): DeviceUsage {
  const counters = parseCounters(pairs, source);
  return {
    read: operationUsage(counters, 'r'),
    write: operationUsage(counters, 'w'),
    discard: operationUsage(counters, 'd'),
  };
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
