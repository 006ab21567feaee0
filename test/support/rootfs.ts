// A container's root file system made of the host's own programs: static busybox,
// and procps with the libraries that ldd names. Nothing is downloaded.

import { cpSync, existsSync, mkdirSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { runOrThrow } from './commands.ts';
import { programPath } from './requirements.ts';

/** These are procps' own, so busybox must not stand in for them. */
const procpsPrograms = ['free', 'uptime', 'top'];
const applets = ['cat', 'grep', 'head', 'ls', 'nproc', 'sh', 'sleep', 'true', 'wc'];
/** top looks for its terminal's description even when it writes to no terminal. */
const terminalFile = '/lib/terminfo/d/dumb';

export async function makeRootfs(dir: string): Promise<void> {
  for (const folder of ['bin', 'dev', 'etc', 'proc', 'run', 'sys', 'tmp', 'usr/bin']) {
    mkdirSync(join(dir, folder), { recursive: true });
  }
  cpSync(programPath('busybox'), join(dir, 'bin/busybox'));
  for (const applet of applets) symlinkSync('busybox', join(dir, 'bin', applet));
  for (const program of procpsPrograms) {
    await copyProgram(dir, programPath(program), join('usr/bin', program));
  }
  if (existsSync(terminalFile)) copyInto(dir, terminalFile, terminalFile);
}

/** With the libraries that it needs. */
export async function copyProgram(dir: string, source: string, target: string): Promise<void> {
  copyInto(dir, source, target);
  for (const library of await readLibraries(source)) copyInto(dir, library, library);
}

function copyInto(dir: string, source: string, target: string): void {
  const copy = join(dir, target);
  mkdirSync(dirname(copy), { recursive: true });
  cpSync(source, copy, { dereference: true });
}

/** "libc.so.6 => /lib/…/libc.so.6 (0x…)", or the loader's bare path. */
async function readLibraries(program: string): Promise<string[]> {
  const lines = (await runOrThrow(['ldd', program])).split('\n');
  return lines.flatMap((line) => line.match(/(\/\S+) \(0x/)?.[1] ?? []);
}
