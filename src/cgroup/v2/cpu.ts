// cgroup v2, controller cpu: cpu.max, and cpu.stat, whose first lines are there
// even where the controller is not enabled.

import { KernelFormatError } from '../../kernel/format-error.ts';
import type { TotalCpuUsage } from '../cpu-usage.ts';
import type { CgroupDirectory } from '../directory.ts';

const maxForm = /^(max|\d+) (\d+)\s*$/;

/** quota/period of this cgroup alone, in CPUs; `null` without one. */
export function readQuota(directory: CgroupDirectory): number | null {
  const text = directory.readSetting('cpu.max');
  return text === undefined ? null : parseCpuMax(text, `${directory.path}/cpu.max`);
}

/** Parses `$MAX $PERIOD`, both in microseconds. */
function parseCpuMax(text: string, source: string): number | null {
  const [, quota, period] = maxForm.exec(text) ?? [];
  if (quota === undefined || Number(period) === 0) {
    throw new KernelFormatError(source, text, 'a quota or max, and a period');
  }
  return quota === 'max' ? null : Number(quota) / Number(period);
}

export function readUsage(directory: CgroupDirectory): TotalCpuUsage | undefined {
  const text = directory.readText('cpu.stat');
  return text === undefined ? undefined : parseCpuStat(text, `${directory.path}/cpu.stat`);
}

export function readUsageUsec(directory: CgroupDirectory): number | undefined {
  const text = directory.readText('cpu.stat');
  if (text === undefined) return undefined;
  return requiredValue(text, 'usage_usec', `${directory.path}/cpu.stat`);
}

/** Parses cpu.stat; nice_usec, which is part of user_usec, came with Linux 6.13. */
function parseCpuStat(text: string, source: string): TotalCpuUsage {
  const userUsec = requiredValue(text, 'user_usec', source);
  // The kernel scales user_usec to the precise run time and nice_usec not, so
  // the part can be a little more than the whole.
  const niceUsec = Math.min(numberOf(text, 'nice_usec') ?? 0, userUsec);
  return {
    kind: 'total',
    userUsec,
    niceUsec,
    systemUsec: requiredValue(text, 'system_usec', source),
  };
}

function numberOf(text: string, key: string): number | undefined {
  const start = `\n${text}`.indexOf(`\n${key} `);
  if (start < 0) return undefined;
  const value = Number.parseInt(text.slice(start + key.length + 1), 10);
  return Number.isNaN(value) ? undefined : value;
}

function requiredValue(text: string, key: string, source: string): number {
  const value = numberOf(text, key);
  if (value === undefined) throw new KernelFormatError(source, text, `a number after ${key}`);
  return value;
}
