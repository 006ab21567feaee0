// Whether a soak shows anything that must not be.

import { median } from '../../bench/statistics.ts';
import type { CrowdReport } from '../chaos/crowd.ts';
import type { Sample } from './samples.ts';

const KiB = 1024;

export interface Evidence {
  readonly samples: readonly Sample[];
  /** Of those who stayed. */
  readonly crowd: CrowdReport;
  /** The first faults of those who passed. */
  readonly passersFaults: readonly string[];
  /** How many servers there were. */
  readonly servers: number;
  /** How often a thread was at one request for so long that it got a sibling. */
  readonly stuckTimes: number;
  /** What was still there in the end. */
  readonly leftovers: readonly string[];
}

/** Nothing if all is well. */
export function objectionsTo(evidence: Evidence): string[] {
  const { samples, crowd, passersFaults, servers, leftovers } = evidence;
  const faults = samples.at(-1)?.faults ?? 0;
  const objections = [
    crowd.errors > 0 && `${crowd.errors} reader errors`,
    crowd.wrongTexts > 0 && `${crowd.wrongTexts} wrong texts`,
    faults > 0 && `${faults} errors and wrong texts of passing containers`,
    passersFaults.length > 0 && passersFaults.join('\n'),
    crowd.faults !== '' && crowd.faults,
    servers > 1 && `${servers} servers instead of one`,
    leftovers.length > 0 && `left behind: ${leftovers.join(', ')}`,
    growth(
      'server memory, KiB',
      samples.map(({ serverKib }) => serverKib),
      [1.2, 10 * KiB],
    ),
    growth(
      'server fds',
      samples.map(({ serverFds }) => serverFds),
      [1.1, 50],
    ),
  ];
  return objections.filter((objection) => objection !== false);
}

/**
 * The last fifth is compared with the second one: in the first, caches fill. `factor` and `more` on
 * top of it are allowed.
 */
function growth(
  what: string,
  values: readonly number[],
  [factor, more]: readonly [factor: number, more: number],
): string | false {
  const fifth = Math.floor(values.length / 5);
  if (fifth === 0) return false;
  const before = median(values.slice(fifth, 2 * fifth));
  const after = median(values.slice(-fifth));
  return after > before * factor + more && `${what}: grew from ${before} to ${after}`;
}
