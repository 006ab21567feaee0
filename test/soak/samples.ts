// What is measured every few seconds.

import { readFileSync } from 'node:fs';
import { percentile } from '../../bench/statistics.ts';
import { type Resources, readResources } from '../chaos/resources.ts';
import type { Session } from '../chaos/session.ts';
import type { Passed } from './passers.ts';

export interface Sample extends Resources {
  /** Of the server's memory, what no file is behind: heaps, stacks, buffers. */
  readonly anonymousKib: number;
  readonly containersPerSecond: number;
  readonly firstMsec: number;
  readonly medianMsec: number;
  readonly percentile99Msec: number;
  readonly longestMsec: number;
  /** Errors and wrong texts of all who passed so far. */
  readonly faults: number;
}

export interface Measure {
  readonly name: string;
  readonly unit: string;
  readonly of: (sample: Sample) => number;
  /** A column stands for several samples: for their median unless it is this. */
  readonly column?: 'largest';
}

const KiB = 1024;

export const measures: readonly Measure[] = [
  { name: 'server memory', unit: 'MiB', of: ({ serverKib }) => serverKib / KiB },
  { name: '  of it anonymous', unit: 'MiB', of: ({ anonymousKib }) => anonymousKib / KiB },
  { name: 'shared state', unit: 'KiB', of: ({ stateKib }) => stateKib },
  { name: 'holder memory', unit: 'KiB', of: ({ holderKib }) => holderKib },
  { name: 'server fds', unit: '', of: ({ serverFds }) => serverFds },
  { name: 'server threads', unit: '', of: ({ serverThreads }) => serverThreads },
  { name: 'containers', unit: '/s', of: ({ containersPerSecond }) => containersPerSecond },
  { name: 'first read p50', unit: 'ms', of: ({ firstMsec }) => firstMsec },
  { name: 'read p50', unit: 'ms', of: ({ medianMsec }) => medianMsec },
  { name: 'read p99', unit: 'ms', of: ({ percentile99Msec }) => percentile99Msec },
  { name: 'longest read', unit: 'ms', of: ({ longestMsec }) => longestMsec, column: 'largest' },
  { name: 'errors, wrong texts', unit: '', of: ({ faults }) => faults, column: 'largest' },
];

/** `faults` are those of before, `msec` is how long it took `passed` to pass. */
export function takeSample(
  session: Session,
  passed: Passed,
  { faults, msec }: { readonly faults: number; readonly msec: number },
): Sample {
  const status = readFileSync(`/proc/${session.serverPid()}/status`, 'latin1');
  return {
    ...readResources(session),
    anonymousKib: Number(/^RssAnon:\s+(\d+)/m.exec(status)?.[1]),
    containersPerSecond: (passed.containers * 1000) / msec,
    firstMsec: percentileMsec(passed.firstUsec, 50),
    medianMsec: percentileMsec(passed.againUsec, 50),
    percentile99Msec: percentileMsec(passed.againUsec, 99),
    longestMsec: percentileMsec([...passed.firstUsec, ...passed.againUsec], 100),
    faults: faults + passed.faults.length,
  };
}

function percentileMsec(usec: readonly number[], percent: number): number {
  return usec.length === 0 ? 0 : percentile(usec, percent) / 1000;
}
