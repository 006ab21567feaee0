// Runs a program that is given open files and may hang for ever.

import { spawn } from 'node:child_process';

export interface FdProgram {
  readonly path: string;
  readonly args: readonly string[];
  /** They become its fds 3, 4 and so on. */
  readonly fds: readonly number[];
  /** Bytes for its standard input. */
  readonly input: Buffer;
  readonly limitMsec: number;
}

export interface FdProgramEnd {
  /** What it printed, as text of bytes (latin1). */
  readonly output: string;
  /** Whether time was up. */
  readonly isLate: boolean;
}

/**
 * Resolves when the program has ended, or when time is up. It is killed then, but not waited for:
 * a process that waits for the answer of a FUSE server ends only with that. Rejects when it can't be
 * started.
 */
export function runWithFds(program: FdProgram): Promise<FdProgramEnd> {
  const { path, args, fds, input, limitMsec } = program;
  return new Promise((resolve, reject) => {
    const child = spawn(path, args, { env: {}, stdio: ['pipe', 'pipe', 'ignore', ...fds] });
    const { stdin, stdout } = child;
    let output = '';
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      stdin?.destroy();
      stdout?.destroy();
      child.unref();
      resolve({ output, isLate: true });
    }, limitMsec);
    stdout?.setEncoding('latin1').on('data', (text: string) => {
      output += text;
    });
    child.on('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    child.on('close', () => {
      clearTimeout(timer);
      resolve({ output, isLate: false });
    });
    // A program that ends without reading its input says why on its output.
    stdin?.on('error', () => undefined);
    stdin?.end(input);
  });
}
