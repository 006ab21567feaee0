// A copy of the built daemon, which a test may break, mend and replace while it runs.

import {
  copyFileSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Teardown } from '../support/teardown.ts';

const project = fileURLToPath(new URL('../..', import.meta.url));

export interface ServerCopy {
  readonly directory: string;
  readonly version: string;
  /** Puts a module of this folder in the place of the one that serving threads run. */
  useWorker(name: string): void;
  /** As on kernels before Linux 6.9: there is no FUSE_NOTIFY_RESEND. */
  forgetResend(): void;
  /** The argument list that serves at a mount point. */
  argv(mountPoint: string, ...args: readonly string[]): string[];
}

/** `version` is what it calls itself. */
export function copyServer(teardown: Teardown, version = '0.9.0'): ServerCopy {
  const directory = teardown.makeDir();
  mkdirSync(join(directory, 'native'));
  for (const part of ['dist', 'native/build']) {
    cpSync(join(project, part), join(directory, part), { recursive: true });
  }
  const description = JSON.parse(readFileSync(join(project, 'package.json'), 'utf8')) as object;
  writeFileSync(join(directory, 'package.json'), JSON.stringify({ ...description, version }));
  symlinkSync(join(project, 'node_modules'), join(directory, 'node_modules'));
  return {
    ...{ directory, version },
    useWorker: (name) => {
      const copies = { [name]: 'worker.js', 'copied-worker.mjs': 'copied-worker.mjs' };
      for (const [module, place] of Object.entries(copies)) {
        const file = fileURLToPath(new URL(module, import.meta.url));
        copyFileSync(file, join(directory, 'dist/daemon', place));
      }
    },
    forgetResend: () => {
      const begin = 'function resendFuseRequests(fd) {';
      const file = fileWithCode(directory, begin);
      writeFileSync(file, readFileSync(file, 'utf8').replace(begin, `${begin} return false;`));
    },
    argv: (mountPoint, ...args) => [
      ...[process.execPath, join(directory, 'dist/main.js'), 'serve', '--mount-point', mountPoint],
      ...args,
    ],
  };
}

/** The one file of a copy's command line that has this text. */
export function fileWithCode(directory: string, text: string): string {
  const folder = join(directory, 'dist/cli');
  const files = readdirSync(folder)
    .filter((name) => name.endsWith('.js'))
    .map((name) => join(folder, name))
    .filter((file) => readFileSync(file, 'utf8').includes(text));
  const [file, ...others] = files;
  if (file === undefined || others.length > 0) {
    throw new Error(`${files.length} files of ${folder} have the text: ${text}`);
  }
  return file;
}
