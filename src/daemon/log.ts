// The daemon's log: readable on a terminal, one JSON object a line otherwise.

import { createRequire } from 'node:module';
import { type Logger, pino } from 'pino';
import type prettyStream from 'pino-pretty';
import { openErrorOutput } from '../kernel/error-output.ts';
import type { LogLevel } from './serve-options.ts';

export type Log = Logger;

/** Logs to standard error, so that standard output stays free for results. */
export function createLog(level: LogLevel, isTerminal: boolean): Log {
  const base = { level, base: null, timestamp: () => `,"time":"${new Date().toISOString()}"` };
  // A full disk, or a terminal that was closed, is no reason to leave containers without files.
  const destination = openErrorOutput();
  if (!isTerminal) return pino(base, destination);
  // Loaded when it is needed: readers may be waiting for the start.
  const pretty = createRequire(import.meta.url)('pino-pretty') as typeof prettyStream;
  return pino(base, pretty({ destination, colorize: true, translateTime: 'SYS:HH:MM:ss.l' }));
}
