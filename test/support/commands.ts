// Runs programs for tests, without blocking the test process.

import { spawn } from 'node:child_process';

export interface Outcome {
  readonly stdout: string;
  readonly stderr: string;
  /** The exit status, or 128 + the number of the signal that ended it, as in a shell. */
  readonly status: number;
}

export interface RunOptions {
  readonly input?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** After this the program is killed; status is then 137. */
  readonly timeoutMsec?: number;
}

const signalStatus: Partial<Record<NodeJS.Signals, number>> = {
  SIGHUP: 129,
  SIGINT: 130,
  SIGABRT: 134,
  SIGBUS: 135,
  SIGKILL: 137,
  SIGSEGV: 139,
  SIGTERM: 143,
};

/** Resolves whatever the status is; rejects only if the program cannot be started. */
export function run(argv: readonly string[], options: RunOptions = {}): Promise<Outcome> {
  const [program = '', ...args] = argv;
  const { input = '', env = process.env, timeoutMsec = 120_000 } = options;
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { env, timeout: timeoutMsec, killSignal: 'SIGKILL' });
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
      resolve({ stdout, stderr, status: code ?? signalStatus[signal ?? 'SIGKILL'] ?? 255 });
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
