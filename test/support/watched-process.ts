// A process that a test watches: what it prints while it runs, and how it ends.

import { type ChildProcess, spawn } from 'node:child_process';
import { cleanAtExit } from './at-exit.ts';
import { shellStatusOf } from './commands.ts';

const patienceMsec = 120_000;

export interface WatchedProcess {
  readonly pid: number;
  /** Both outputs so far. */
  output(): string;
  /** Resolves once the output has this. Rejects when the process ends before. */
  untilPrinted(pattern: RegExp): Promise<void>;
  signal(signal: NodeJS.Signals): void;
  /** The exit status as a shell gives it. */
  readonly ended: Promise<number>;
}

export function startWatched(
  argv: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): WatchedProcess {
  const [program = '', ...args] = argv;
  const child = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const forget = cleanAtExit(() => child.kill('SIGKILL'));
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  return {
    pid: child.pid ?? 0,
    output: () => output,
    untilPrinted: (pattern) => untilPrinted(child, pattern, () => output),
    signal: (signal) => {
      child.kill(signal);
    },
    ended: endOf(child).finally(forget),
  };
}

function endOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve(shellStatusOf(code, signal)));
  });
}

function untilPrinted(child: ChildProcess, pattern: RegExp, output: () => string): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (reason?: string): void => {
      clearTimeout(timer);
      child.stdout?.off('data', check);
      child.stderr?.off('data', check);
      child.off('close', fail);
      if (reason === undefined) resolve();
      else reject(new Error(`${reason} before it printed ${pattern}: ${output()}`));
    };
    const check = (): void => {
      if (pattern.test(output())) settle();
    };
    const fail = (): void => settle('the process ended');
    const timer = setTimeout(() => settle('time was up'), patienceMsec);
    child.stdout?.on('data', check);
    child.stderr?.on('data', check);
    child.once('close', fail);
    check();
  });
}
