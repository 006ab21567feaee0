// The command line of the benchmark.
import { parseArgs } from 'node:util';

export const MODES = ['files', 'lookup', 'parallel', 'loadavg'] as const;
export type Mode = (typeof MODES)[number];

export const SYSTEMS = ['nsproc', 'nsproc-fuse-native', 'lxcfs', 'procfs'] as const;
export type SystemName = (typeof SYSTEMS)[number];

export interface Options {
  readonly modes: readonly Mode[];
  readonly systems: readonly SystemName[];
  readonly reads: number;
  readonly containers: number;
  /** Lookups of each strategy, for each number of namespaces and each amount of memory. */
  readonly lookups: number;
  /** How many pid namespaces are alive in lookup, one after the other. */
  readonly namespaces: readonly number[];
  readonly rounds: number;
  /** Containers of which load averages are kept. */
  readonly sampled: number;
  readonly json: boolean;
}

export const USAGE = `Usage: npm run bench -- [files] [lookup] [parallel] [loadavg] [options]
  files             latency and daemon CPU of a warm read (the default)
  lookup            cost of the first read in a container, and of finding its init by each resolver
  parallel          reads a second with 1, 2 and 8 readers
  loadavg           CPU that keeping the load averages of many containers takes
Options:
  --systems A,B     which of nsproc,nsproc-fuse-native,lxcfs,procfs to measure (default all)
  --reads N         warm reads of each file through each system (default 10000)
  --containers N    containers for each system in lookup (default 40)
  --lookups N       lookups for each row in lookup (default 300)
  --namespaces A,B  pid namespaces that are alive in lookup (default 1,100,1000)
  --rounds N        rounds of each load in parallel (default 8)
  --sampled N       containers in loadavg, of 10 tasks each (default 1000)
  --json            print JSON
`;

/** `undefined` when the arguments ask for help or make no sense. */
export function parseOptions(argv: readonly string[]): Options | undefined {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      systems: { type: 'string', default: SYSTEMS.join(',') },
      reads: { type: 'string', default: '10000' },
      containers: { type: 'string', default: '40' },
      lookups: { type: 'string', default: '300' },
      namespaces: { type: 'string', default: '1,100,1000' },
      rounds: { type: 'string', default: '8' },
      sampled: { type: 'string', default: '1000' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const modes = MODES.filter((mode) => positionals.includes(mode));
  const systems = SYSTEMS.filter((name) => values.systems.split(',').includes(name));
  const { reads, containers, lookups, rounds, sampled } = values;
  const namespaces = values.namespaces.split(',').map(Number);
  const counts = [reads, containers, lookups, rounds, sampled].map(Number);
  const meaningless =
    modes.length < positionals.length ||
    systems.length < values.systems.split(',').length ||
    [...counts, ...namespaces].some((count) => !Number.isSafeInteger(count) || count < 1);
  if (values.help || meaningless) return undefined;
  return {
    modes: modes.length === 0 ? ['files'] : modes,
    systems,
    reads: Number(reads),
    containers: Number(containers),
    lookups: Number(lookups),
    namespaces,
    rounds: Number(rounds),
    sampled: Number(sampled),
    json: values.json,
  };
}
