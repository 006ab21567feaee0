// What a container made by a real runtime must show in procps' programs, whoever
// made it.

import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { expect } from 'vitest';
import type { Outcome } from './commands.ts';
import { countCpus, parseFree, parseTopMemoryMib, parseUpMinutes } from './procps.ts';

export interface RuntimeContainer {
  readonly exec: (argv: readonly string[]) => Promise<Outcome>;
  readonly memoryBytes: number;
  /** Whole CPUs that its quota amounts to, the last one rounded up. */
  readonly quotaCpus: number;
  /** Instants of performance.now() before and after its first process began. */
  readonly startedAfterMsec: number;
  readonly startedBeforeMsec: number;
}

/** The daemon's files by the paths that a container has for them. */
export function mountsOf(mountPoint: string): (readonly [source: string, target: string])[] {
  return ['meminfo', 'stat', 'uptime'].map((file) => [
    `${mountPoint}/proc/${file}`,
    `/proc/${file}`,
  ]);
}

/**
 * Through a pipe, as a script uses it: judged by what it prints, not by how it ends. With
 * its path, or BusyBox' shell would run a top of its own.
 */
export const topOnce = ['sh', '-c', '/usr/bin/top -b -n1 | cat'] as const;

export async function printed(
  container: RuntimeContainer,
  argv: readonly string[],
): Promise<string> {
  const { stdout, stderr, status } = await container.exec(argv);
  expect({ argv, status, stderr }).toEqual({ argv, status: 0, stderr: '' });
  return stdout;
}

export async function expectMemoryOfFree(container: RuntimeContainer): Promise<void> {
  const { memoryBytes } = container;
  const bytes = parseFree(await printed(container, ['free', '-b']));
  const kib = parseFree(await printed(container, ['free', '-k']));
  expect(bytes.total).toBe(memoryBytes);
  expect(kib.total).toBe(memoryBytes / 1024);
  expect(bytes.used).toBeGreaterThan(0);
  expect(bytes.used).toBeLessThanOrEqual(memoryBytes);
  expect(bytes.free).toBeLessThanOrEqual(memoryBytes);
  expect(bytes.available).toBeGreaterThanOrEqual(bytes.free);
  expect(bytes.available).toBeLessThanOrEqual(memoryBytes);
  expect(bytes.swapTotal).toBeGreaterThanOrEqual(0);
}

export async function expectUptime(container: RuntimeContainer): Promise<void> {
  const { result, leastSec, mostSec } = await timed(container, ['cat', '/proc/uptime']);
  const [upSec = Number.NaN, idleSec = Number.NaN] = result.split(' ').map(Number);
  // The file has two decimals, cut off.
  expect(upSec).toBeGreaterThanOrEqual(leastSec - 0.02);
  expect(upSec).toBeLessThanOrEqual(mostSec + 0.02);
  expect(idleSec).toBeGreaterThanOrEqual(0);
  expect(idleSec).toBeLessThanOrEqual(upSec * container.quotaCpus + 0.02);
  expect(upSec).toBeLessThan(Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0]));
}

/** In the first line of `uptime` and of `top -b -n1`. */
export async function expectUpMinutes(
  container: RuntimeContainer,
  argv: readonly string[],
): Promise<void> {
  const { result, leastSec, mostSec } = await timed(container, argv);
  const minutes = parseUpMinutes(result);
  expect(minutes).toBeGreaterThanOrEqual(Math.floor(leastSec / 60));
  expect(minutes).toBeLessThanOrEqual(Math.floor(mostSec / 60));
}

export async function expectMemoryOfTop(container: RuntimeContainer): Promise<void> {
  const text = await printed(container, topOnce);
  expect(parseTopMemoryMib(text)).toBe(container.memoryBytes / 2 ** 20);
  expect(text).toMatch(/^%Cpu\(s\):/m);
}

export async function expectCpusOfStat(container: RuntimeContainer): Promise<void> {
  const text = await printed(container, ['cat', '/proc/stat']);
  expect(countCpus(text)).toBe(Math.min(container.quotaCpus, availableParallelism()));
}

/** With the least and the most that the container's age can have been meanwhile. */
async function timed(container: RuntimeContainer, argv: readonly string[]) {
  const leastSec = (performance.now() - container.startedBeforeMsec) / 1000;
  const result = await printed(container, argv);
  const mostSec = (performance.now() - container.startedAfterMsec) / 1000;
  return { result, leastSec, mostSec };
}
