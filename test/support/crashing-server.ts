// A copy of the built daemon whose servers are killed by a signal at each start, until it is mended.

import { copyFileSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ServerCopy } from '../chaos/server-copy.ts';

/** `starting`: before it has looked at anything; `ready`: when it has just begun to serve. */
export type CrashTime = 'starting' | 'ready';

const crash = "process.kill(process.pid, 'SIGSEGV')";
const isServer = "(process.env.LISTEN_FDNAMES ?? '').split(':').includes('go')";
const readyCode = 'ready(mountPoint) {';

/** Written beside its place and renamed, so that no start finds half of it. */
function replaceProgram(directory: string, text: string): void {
  const file = join(directory, 'dist/cli/program.js');
  writeFileSync(`${file}.changed`, text);
  renameSync(`${file}.changed`, file);
}

export function breakServers({ directory }: ServerCopy, time: CrashTime): void {
  const file = join(directory, 'dist/cli/program.js');
  if (!existsSync(`${file}.whole`)) copyFileSync(file, `${file}.whole`);
  const code = readFileSync(`${file}.whole`, 'utf8');
  if (!code.includes(readyCode)) throw new Error(`Cannot change ${file}`);
  const broken =
    time === 'starting'
      ? `if (${isServer}) ${crash};\n${code}`
      : code.replace(readyCode, `${readyCode} setTimeout(() => ${crash}, 20);`);
  replaceProgram(directory, broken);
}

/** Mended, but each takes so long before it does anything. */
export function slowServers({ directory }: ServerCopy, msec: number): void {
  const code = readFileSync(join(directory, 'dist/cli/program.js.whole'), 'utf8');
  const delay = `await new Promise((resolve) => setTimeout(resolve, ${msec}))`;
  replaceProgram(directory, `if (${isServer}) ${delay};\n${code}`);
}

export function mendServers({ directory }: ServerCopy): void {
  replaceProgram(directory, readFileSync(join(directory, 'dist/cli/program.js.whole'), 'utf8'));
}
