// Runs programs for tests, without blocking the test process.

import { spawn } from 'node:child_process';
import { constants } from 'node:os';

export interface Outcome {
  readonly stdout: string;
  readonly stderr: string;
  /** The exit status, or 128 + the number of the signal that ended it, as in a shell. */
  readonly status: number;
}

export interface RunOptions {
  readonly input?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** After this, on a machine of usual speed, the program is killed; status is then 137. */
  readonly timeoutMsec?: number;
}

/** How many times slower than usual the machine is. */
const slowness = Number(process.env['NSPROC_TEST_SLOW'] ?? 1);

/** How a shell would give the end of a process as a number. */
export function shellStatusOf(code: number | null, signal: NodeJS.Signals | null): number {
  return code ?? 128 + (signal === null ? 0 : constants.signals[signal]);
}

/** Resolves whatever the status is; rejects only if the program cannot be started. */
export function run(argv: readonly string[], options: RunOptions = {}): Promise<Outcome> {
  const [program = '', ...args] = argv;
  const { input = '', env = process.env, timeoutMsec = 120_000 } = options;
  return new Promise((resolve, reject) => {
    const timeout = timeoutMsec * slowness;
    const child = spawn(program, args, { env, timeout, killSignal: 'SIGKILL' });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    // A program that does not read its input is no failure.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
    child.on('error', reject);
    child.on('close', (code, signal) => {
      resolve({ stdout, stderr, status: shellStatusOf(code, signal) });
    });
  });
}

/** Runs a program that must succeed, for its output. */
export async function runOrThrow(
  argv: readonly string[],
  options: RunOptions = {},
): Promise<string> {
  const { stdout, stderr, status } = await run(argv, options);
  if (status !== 0) {
    throw new Error(`Cannot run ${argv.join(' ')}: status ${status}: ${stderr || stdout}`);
  }
  return stdout;
}
