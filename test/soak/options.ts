// The command line of the soak.

import { parseArgs } from 'node:util';

export interface Options {
  readonly minutes: number;
  readonly readers: number;
  readonly containersPerSecond: number;
  /** Of each reader, between two texts. */
  readonly pauseMsec: number;
}

export const usage = `Usage: npm run soak -- [options]
  --minutes N                how long, once all readers are there (default 30)
  --readers N                containers that stay, each with a reader of all files (default 100)
  --containers-per-second N  containers that come, read each file twice, and go (default 10)
  --pause N                  ms between two texts of a reader (default 200)
SIGINT ends it early, with all that is known by then.
`;

/** `undefined` when the arguments ask for help or make no sense. */
export function parseOptions(argv: readonly string[]): Options | undefined {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      minutes: { type: 'string', default: '30' },
      readers: { type: 'string', default: '100' },
      'containers-per-second': { type: 'string', default: '10' },
      pause: { type: 'string', default: '200' },
      help: { type: 'boolean', default: false },
    },
  });
  const options = {
    minutes: Number(values.minutes),
    readers: Number(values.readers),
    containersPerSecond: Number(values['containers-per-second']),
    pauseMsec: Number(values.pause),
  };
  const areNumbers = Object.values(options).every((number) => number > 0 && number < 100_000);
  return areNumbers && Number.isInteger(options.readers) && !values.help ? options : undefined;
}
