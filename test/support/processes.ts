// What /proc says about processes that a test started, read without any process
// being able to spoil it by its name.

import { readdirSync, readFileSync } from 'node:fs';

const ticksPerSecond = 100;
const usecPerTick = 1_000_000 / ticksPerSecond;

/** The fields of /proc/PID/stat from the third on; `undefined` if there is no such process. */
function readStatFields(pid: number): string[] | undefined {
  const text = readIfThere(`/proc/${pid}/stat`);
  // The name may hold blanks and parentheses, so all before the last one is skipped.
  return text?.slice(text.lastIndexOf(')') + 2).split(' ');
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT' || code === 'ESRCH') return undefined;
    throw error;
  }
}

function readPids(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

/** Children, then their children, and so on. */
export function findDescendants(pid: number): number[] {
  const childrenOf = new Map<number, number[]>();
  for (const candidate of readPids()) {
    const parent = Number(readStatFields(candidate)?.[1] ?? 0);
    childrenOf.set(parent, [...(childrenOf.get(parent) ?? []), candidate]);
  }
  const found: number[] = [];
  let generation = [pid];
  while (generation.length > 0) {
    generation = generation.flatMap((parent) => childrenOf.get(parent) ?? []);
    found.push(...generation);
  }
  return found;
}

/** 0 for a process that is gone, and where it is out of sight. */
export function readParentPid(pid: number): number {
  return Number(readStatFields(pid)?.[1] ?? 0);
}

/** The pid by which a process knows itself: 1 for the init of a pid namespace. */
export function readInnermostPid(pid: number): number | undefined {
  const numbers = readIfThere(`/proc/${pid}/status`)?.match(/^NSpid:\s+(.*)$/m)?.[1];
  const innermost = numbers?.split('\t').at(-1);
  return innermost === undefined ? undefined : Number(innermost);
}

/** CPU time of all threads, in steps of 10 ms; 0 once the process is gone. */
export function readCpuUsec(pid: number): number {
  const fields = readStatFields(pid) ?? [];
  return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) * usecPerTick;
}

/** The processes whose command line has this text, other than the caller. */
export function findByCommandLine(text: string): number[] {
  return readPids().filter(
    (pid) => pid !== process.pid && readIfThere(`/proc/${pid}/cmdline`)?.includes(text) === true,
  );
}
