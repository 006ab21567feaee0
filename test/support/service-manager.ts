// nsproc as the service of a manager that speaks systemd's protocol, with an fd store.

import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { cleanAtExit } from './at-exit.ts';
import { unmountBelow } from './mounts.ts';
import { nsprocArgv } from './nsproc-process.ts';
import { killServing } from './serving-processes.ts';
import type { Teardown } from './teardown.ts';

const program = fileURLToPath(new URL('programs/service-manager.py', import.meta.url));
const patienceMsec = 60_000 * Number(process.env['NSPROC_TEST_SLOW'] ?? 1);

export interface ServiceManager {
  readonly mountPoint: string;
  /** All that happened, a line each, and what the service logged. */
  output(): string;
  /** Resolves when this has happened so many times since the start. */
  until(event: string, times: number): Promise<void>;
  order(text: 'start' | 'forget' | `signal ${NodeJS.Signals}`): void;
  /** The main process of the service, the last that was started. */
  mainPid(): number;
}

export interface ServiceOptions {
  /** What to run at the mount point; `nsproc serve` unless given. */
  readonly argvAt?: (mountPoint: string) => readonly string[];
  /** Whether it is started again whenever it ends. */
  readonly isRestarted?: boolean;
}

const serveAt = (mountPoint: string) => nsprocArgv('serve', '--mount-point', mountPoint);

export function startServiceManager(
  teardown: Teardown,
  { argvAt = serveAt, isRestarted = false }: ServiceOptions = {},
): ServiceManager {
  const mountPoint = teardown.makeDir();
  const argv = [program, ...(isRestarted ? ['--restart'] : []), ...argvAt(mountPoint)];
  const child = spawn('python3', argv, { stdio: ['pipe', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const clean = (): void => {
    child.kill('SIGKILL');
    killServing(mountPoint);
    unmountBelow(mountPoint);
  };
  const forget = cleanAtExit(clean);
  teardown.add(() => {
    clean();
    forget();
  });
  const count = (event: string) => output.split('\n').filter((line) => line === event).length;
  return {
    mountPoint,
    output: () => output,
    until: async (event, times) => {
      const deadline = Date.now() + patienceMsec;
      while (count(event) < times) {
        if (Date.now() > deadline) throw new Error(`No ${times} times "${event}":\n${output}`);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },
    order: (text) => child.stdin.write(`${text}\n`),
    mainPid: () =>
      Number(
        output
          .match(/^started \d+$/gm)
          ?.at(-1)
          ?.split(' ')[1] ?? 0,
      ),
  };
}
