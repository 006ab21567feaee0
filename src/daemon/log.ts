// The daemon's log: readable on a terminal, one JSON object a line otherwise.

import { type Logger, pino } from 'pino';
import pretty from 'pino-pretty';

export type Log = Logger;
export const logLevels = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof logLevels)[number];

/** Logs to standard error, so that standard output stays free for results. */
export function createLog(level: LogLevel, isTerminal: boolean): Log {
  const base = { level, base: null, timestamp: () => `,"time":"${new Date().toISOString()}"` };
  if (!isTerminal) return pino(base, pino.destination({ dest: 2, sync: true }));
  const stream = pretty({
    destination: 2,
    sync: true,
    colorize: true,
    translateTime: 'SYS:HH:MM:ss.l',
  });
  return pino(base, stream);
}
