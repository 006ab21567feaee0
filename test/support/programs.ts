// The small C programs of test/support/programs/, compiled when a test first needs
// one, and run as processes that the test ends.

import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cleanAtExit } from './at-exit.ts';
import { findDescendants } from './processes.ts';
import { signalIfThere } from './serving-processes.ts';

export type ProgramName =
  | 'allocate'
  | 'chaos-reader'
  | 'fuse-exchange'
  | 'hostile-init'
  | 'keeper-client'
  | 'killed-readers'
  | 'list-in-pieces'
  | 'mute-server'
  | 'old-kernel'
  | 'older-kernel'
  | 'read-loop'
  | 'passing-container'
  | 'pressure-triggers'
  | 'reads'
  | 'spin'
  | 'thread-reader'
  | 'threads'
  | 'unreaped-init';

const compiled = new Map<ProgramName, string>();

/** The path of the compiled program. */
export function compileProgram(name: ProgramName): string {
  const known = compiled.get(name);
  if (known !== undefined) return known;
  const source = fileURLToPath(new URL(`programs/${name}.c`, import.meta.url));
  const dir = mkdtempSync(join(tmpdir(), 'nsproc-test-program-'));
  cleanAtExit(() => rmSync(dir, { recursive: true, force: true }));
  const path = join(dir, name);
  execFileSync('cc', ['-Wall', '-Wextra', '-Werror', '-O2', '-pthread', '-o', path, source]);
  compiled.set(name, path);
  return path;
}

/** A command that uses a third of a CPU or so, and leaves others their turns. */
export function busyLoop(): string[] {
  return ['sh', '-c', 'while :; do "$0" 20; sleep 0.05; done', compileProgram('spin')];
}

export interface RunningProgram {
  /** The innermost of what was started: behind nsenter, which forks, its child. */
  readonly pid: number;
  /** The first line that it printed. */
  readonly line: string;
  stop(): Promise<void>;
}

/** A command that prints a line and sleeps: a reader that is there to be asked about. */
export const sleeper = ['sh', '-c', 'echo ready && exec sleep infinity'] as const;

/** Starts a program and waits for its first line. */
export function startProgram(argv: readonly string[]): Promise<RunningProgram> {
  const [program = '', ...args] = argv;
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const forget = cleanAtExit(() => child.kill('SIGKILL'));
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const stop = async (): Promise<void> => {
    for (const pid of findDescendants(child.pid ?? 0)) signalIfThere(pid, 'SIGKILL');
    child.kill('SIGKILL');
    await ended;
    forget();
  };
  const innermost = (): number => findDescendants(child.pid ?? 0).at(-1) ?? child.pid ?? 0;
  return new Promise((resolve, reject) => {
    let output = '';
    child.once('error', reject);
    child.once('exit', () => reject(new Error(`${argv.join(' ')} ended early`)));
    child.stdout.on('data', (text: Buffer) => {
      output += text.toString();
      const [line = ''] = output.split('\n');
      if (output.includes('\n')) resolve({ pid: innermost(), line, stop });
    });
  });
}
