// The JavaScript side of reader.c: talks to one of them over its stdin and stdout.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import type { Scope } from './scope.ts';

export interface Reader {
  /** What was started: the reader itself, or what it runs under. */
  readonly pid: number;
  /** Latencies of `count` times open, read to the end, close, in nanoseconds. */
  read(path: string, count: number): Promise<number[]>;
  load(path: string, readers: number, msec: number): Promise<{ reads: number; elapsedNs: number }>;
  /** The first number in a file, cut to an integer. */
  first(path: string): Promise<number>;
  /** CPU time used so far by every thread of a process, the ended ones too. */
  cpuNs(pid: number): Promise<number>;
  stop(): Promise<void>;
}

/** Starts `argv`, which is a reader or execs one, in its own session: Ctrl-C is not for it. */
export function startReader(scope: Scope, argv: readonly string[]): Reader {
  const [command = '', ...args] = argv;
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'], detached: true });
  const reader = readerOn(child, child.stdin, child.stdout);
  scope.defer(() => reader.stop());
  return reader;
}

function readerOn(child: ChildProcess, stdin: Writable, stdout: Readable): Reader {
  const ended = once(child, 'exit');
  const replies = createInterface({ input: stdout })[Symbol.asyncIterator]();
  // A reader that ended shows as the end of its replies; EPIPE would say it a second time.
  stdin.on('error', () => undefined);

  async function ask(command: string): Promise<number[]> {
    stdin.write(`${command}\n`);
    const reply = await replies.next();
    if (reply.done === true) throw new Error(`Cannot run "${command}": the reader has ended`);
    return reply.value.split(' ').map(Number);
  }

  return {
    pid: child.pid ?? 0,
    read: (path, count) => ask(`read ${path} ${count}`),
    async load(path, readers, msec) {
      const [reads = 0, elapsedNs = 0] = await ask(`load ${path} ${readers} ${msec}`);
      return { reads, elapsedNs };
    },
    async first(path) {
      const [value = Number.NaN] = await ask(`first ${path}`);
      return value;
    },
    async cpuNs(pid) {
      const [used = 0] = await ask(`cpu ${pid}`);
      return used;
    },
    async stop() {
      stdin.end();
      if (child.exitCode === null && child.signalCode === null) await ended;
    },
  };
}
