// A program of the benchmark's that answers each line on its standard input with one line.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Scope } from './scope.ts';

export interface Program {
  ask(line: string): Promise<string>;
  /** A line that it prints without having been asked. */
  nextLine(): Promise<string>;
  stop(): Promise<void>;
}

/** Starts it in its own session: Ctrl-C is not for it. Ends with its input. */
export function startProgram(scope: Scope, argv: readonly string[]): Program {
  const [command = '', ...args] = argv;
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'], detached: true });
  const ended = once(child, 'exit');
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  // A program that ended shows as the end of its lines; EPIPE would say it a second time.
  child.stdin.on('error', () => undefined);
  const nextLine = async (): Promise<string> => {
    const line = await lines.next();
    if (line.done === true) throw new Error(`Cannot go on: ${command} has ended`);
    return line.value;
  };
  const stop = async (): Promise<void> => {
    child.stdin.end();
    await ended;
  };
  scope.defer(stop);
  return {
    ask: (line) => {
      child.stdin.write(`${line}\n`);
      return nextLine();
    },
    nextLine,
    stop,
  };
}

/** Compiles NAME.c into `folder` and returns the path of the program. */
export function compile(folder: string, name: string): string {
  const program = join(folder, name);
  const source = join(import.meta.dirname, `${name}.c`);
  execFileSync('cc', ['-O2', '-Wall', '-Wextra', '-o', program, source], { stdio: 'inherit' });
  return program;
}
