// A reader in a loop, which counts what it could not read and how long it had to wait.

import type { Container } from './containers.ts';
import { findDescendants } from './processes.ts';
import { startWatched } from './watched-process.ts';

export interface Reading {
  readonly reads: number;
  readonly errors: number;
  /** Texts that were not whole. */
  readonly cutOff: number;
  readonly longestWaitMsec: number;
}

export interface LoopingReader {
  /** Ends the loop. */
  stop(): Promise<Reading>;
}

const script = `
  const { readFileSync } = require('node:fs');
  let reads = 0, errors = 0, cutOff = 0, longestWaitMsec = 0, isEnding = false;
  process.on('SIGTERM', () => { isEnding = true; });
  const turn = () => {
    const began = performance.now();
    try {
      const text = readFileSync(process.argv[1], 'latin1');
      if (!text.endsWith('\\n')) cutOff++;
    } catch { errors++; }
    reads++;
    longestWaitMsec = Math.max(longestWaitMsec, performance.now() - began);
    if (!isEnding) return setTimeout(turn, 2);
    console.log(JSON.stringify({ reads, errors, cutOff, longestWaitMsec }));
    process.exit();
  };
  turn();
  console.log('reading');`;

/** Reads the file again and again in the container. Resolves once it does. */
export async function startLoopingReader(
  container: Container,
  file: string,
): Promise<LoopingReader> {
  const reader = startWatched(container.execArgv([process.execPath, '-e', script, file]));
  await reader.untilPrinted(/reading/);
  return {
    stop: async () => {
      // nsenter(1) is its parent, and passes no signals on.
      for (const pid of findDescendants(reader.pid)) process.kill(pid, 'SIGTERM');
      await reader.ended;
      return JSON.parse(reader.output().split('\n').at(-2) ?? '');
    },
  };
}
