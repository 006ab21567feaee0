// A copy of the built daemon whose servers are killed by a signal at each start, or are slow, until it
// is mended.

import { copyFileSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileWithCode, type ServerCopy } from '../chaos/server-copy.ts';

/** `starting`: before it has looked at anything; `ready`: when it has just begun to serve. */
export type CrashTime = 'starting' | 'ready';

/** What a person starts, which becomes the holder; or what the holder starts. */
export type StartedProgram = 'launcher' | 'server';

const crash = "process.kill(process.pid, 'SIGSEGV')";
const isServer = "(process.env.LISTEN_FDNAMES ?? '').split(':').includes('go')";
const readyCode = 'ready(mountPoint) {';

/** What is loaded first. */
const programOf = ({ directory }: ServerCopy) => join(directory, 'dist/cli/program.js');
const partsOf = (copy: ServerCopy): [string, string] => [
  programOf(copy),
  fileWithCode(copy.directory, readyCode),
];

function wholeCode(file: string): string {
  if (!existsSync(`${file}.whole`)) copyFileSync(file, `${file}.whole`);
  return readFileSync(`${file}.whole`, 'utf8');
}

/** Written beside its place and renamed, so that no start finds half of it. */
function replaceCode(file: string, code: string): void {
  writeFileSync(`${file}.changed`, code);
  renameSync(`${file}.changed`, file);
}

export function breakServers(copy: ServerCopy, time: CrashTime): void {
  const [program, supervisor] = partsOf(copy);
  if (time === 'starting')
    replaceCode(program, `if (${isServer}) ${crash};\n${wholeCode(program)}`);
  else
    replaceCode(
      supervisor,
      wholeCode(supervisor).replace(readyCode, `${readyCode} setTimeout(() => ${crash}, 20);`),
    );
}

/** Nothing crashes, but the one program takes so long before it does anything. */
export function slowDown(copy: ServerCopy, program: StartedProgram, msec: number): void {
  const isMeant = program === 'server' ? isServer : `!${isServer}`;
  const delay = `await new Promise((resolve) => setTimeout(resolve, ${msec}))`;
  const file = programOf(copy);
  replaceCode(file, `if (${isMeant}) ${delay};\n${wholeCode(file)}`);
}

export function mendServers(copy: ServerCopy): void {
  for (const file of partsOf(copy)) replaceCode(file, wholeCode(file));
}
