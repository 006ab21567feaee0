// A copy of the built daemon whose servers are killed by a signal at each start, or are slow, until it
// is mended.

import { copyFileSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ServerCopy } from '../chaos/server-copy.ts';

/** `starting`: before it has looked at anything; `ready`: when it has just begun to serve. */
export type CrashTime = 'starting' | 'ready';

/** What a person starts, which becomes the holder; or what the holder starts. */
export type StartedProgram = 'launcher' | 'server';

const crash = "process.kill(process.pid, 'SIGSEGV')";
const isServer = "(process.env.LISTEN_FDNAMES ?? '').split(':').includes('go')";
const readyCode = 'ready(mountPoint) {';

/** All that the command line loads. */
const programOf = ({ directory }: ServerCopy) => join(directory, 'dist/cli/program.js');

function wholeCode(copy: ServerCopy): string {
  const file = programOf(copy);
  if (!existsSync(`${file}.whole`)) copyFileSync(file, `${file}.whole`);
  return readFileSync(`${file}.whole`, 'utf8');
}

/** Written beside its place and renamed, so that no start finds half of it. */
function replaceCode(copy: ServerCopy, code: string): void {
  const file = programOf(copy);
  writeFileSync(`${file}.changed`, code);
  renameSync(`${file}.changed`, file);
}

export function breakServers(copy: ServerCopy, time: CrashTime): void {
  const code = wholeCode(copy);
  if (!code.includes(readyCode)) throw new Error(`Cannot change ${programOf(copy)}`);
  const broken =
    time === 'starting'
      ? `if (${isServer}) ${crash};\n${code}`
      : code.replace(readyCode, `${readyCode} setTimeout(() => ${crash}, 20);`);
  replaceCode(copy, broken);
}

/** Nothing crashes, but the one program takes so long before it does anything. */
export function slowDown(copy: ServerCopy, program: StartedProgram, msec: number): void {
  const isMeant = program === 'server' ? isServer : `!${isServer}`;
  const delay = `await new Promise((resolve) => setTimeout(resolve, ${msec}))`;
  replaceCode(copy, `if (${isMeant}) ${delay};\n${wholeCode(copy)}`);
}

export function mendServers(copy: ServerCopy): void {
  replaceCode(copy, wholeCode(copy));
}
