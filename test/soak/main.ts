// `npm run soak`: a daemon under readers that stay and containers that come and go, for half an
// hour. Prints a plot of its memory, its fds and its readers' waits; fails if anything grew, or if
// any reader saw what it must not.

import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseOptions, usage } from './options.ts';

const argv = process.argv.slice(2);
if (parseOptions(argv) === undefined) {
  process.stderr.write(usage);
  process.exit(2);
}
const child = fork(fileURLToPath(new URL('run.ts', import.meta.url)), argv, { detached: true });
// Also when this process is killed. Whoever sends a signal twice, as npm does, means it once.
const stop = (): void => {
  if (child.connected) child.disconnect();
};
process.on('SIGINT', stop).on('SIGTERM', stop).on('SIGHUP', stop);
child.once('exit', (status) => {
  process.exitCode = status ?? 1;
});
