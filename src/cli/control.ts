// nsproc status, set and metrics: what a running daemon tells, and what it can be told.

import { resolve } from 'node:path';
import { askDaemon } from '../daemon/control-client.ts';
import { choicesOf, isSwitchName, switchNames } from '../daemon/switches.ts';
import { ExitStatus } from './exit-status.ts';
import { renderStatus } from './status-text.ts';
import { painter } from './terminal.ts';

/** Which daemon. */
export interface ControlOptions {
  readonly mountPoint: string;
}

/** Prints the status; throws ControlError when no daemon answers. */
export async function runStatus(options: ControlOptions & { json?: boolean }): Promise<number> {
  const { status } = await askDaemon(resolve(options.mountPoint), { command: 'status' });
  const text = options.json
    ? `${JSON.stringify(status, null, 2)}\n`
    : renderStatus(status as Readonly<Record<string, unknown>>, painter(process.stdout));
  process.stdout.write(text);
  return ExitStatus.ok;
}

/** Prints what Prometheus reads; throws ControlError when no daemon answers. */
export async function runMetrics(options: ControlOptions): Promise<number> {
  const { text } = await askDaemon(resolve(options.mountPoint), { command: 'metrics' });
  process.stdout.write(String(text));
  return ExitStatus.ok;
}

/** Prints what is set; throws ControlError when no daemon answers. */
export async function runSet(
  name: string,
  value: string,
  options: ControlOptions,
): Promise<number> {
  const problem = problemWith(name, value);
  if (problem !== undefined) {
    process.stderr.write(`nsproc: ${problem}\n`);
    return ExitStatus.usage;
  }
  const request = { command: 'set', name, value };
  const { position, isSet } = await askDaemon(resolve(options.mountPoint), request);
  const origin = isSet === true ? '' : ', as started';
  process.stdout.write(`${name} ${String(position)}${origin}\n`);
  return ExitStatus.ok;
}

function problemWith(name: string, value: string): string | undefined {
  if (!isSwitchName(name)) {
    return `no switch ${JSON.stringify(name)}; there are ${switchNames.join(', ')}`;
  }
  const choices = choicesOf(name);
  if (choices.includes(value)) return undefined;
  return `cannot set ${name} to ${JSON.stringify(value)}; choose ${choices.join(', ')}`;
}
