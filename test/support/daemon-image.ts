// The image that docker/Dockerfile makes, from nothing but what this machine has: a base of the
// host's Node, and the clone with its installed packages.

import { cpSync, existsSync, mkdirSync, realpathSync, statfsSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { DockerDaemon } from './docker.ts';
import { programPath } from './requirements.ts';
import { copyProgram } from './rootfs.ts';

const clone = fileURLToPath(new URL('../..', import.meta.url));
/** What the image is made of; the rest of a clone is for those who work on it. */
const cloned = ['LICENSE', 'dist', 'docker', 'native', 'node_modules', 'package.json'];
const settings = ['package-lock.json', 'src', 'tools', 'tsconfig.build.json', 'tsconfig.json'];
const applets = ['cp', 'env', 'ln', 'ls', 'mkdir', 'sh', 'stat', 'test'];

/** npm's folder, beside the Node that runs this. */
function npmFolder(): string {
  return join(dirname(dirname(realpathSync(process.execPath))), 'lib/node_modules/npm');
}

/** The image, what it is made of and a copy for each step of its building. */
const neededBytes = 4e9;

/** Why no image can be made here, or `undefined`. */
export function imageLacking(): string | undefined {
  if (!existsSync(npmFolder())) return `needs npm in ${npmFolder()}`;
  const { bavail, bsize } = statfsSync(tmpdir());
  return bavail * bsize > neededBytes ? undefined : `needs ${neededBytes / 1e9} GB in ${tmpdir()}`;
}

/** A folder with Node, npm and a shell. */
async function makeNodeRootfs(dir: string): Promise<void> {
  for (const folder of ['bin', 'dev', 'etc', 'proc', 'root', 'run', 'sys', 'tmp', 'var/lib']) {
    mkdirSync(join(dir, folder), { recursive: true });
  }
  cpSync(programPath('busybox'), join(dir, 'bin/busybox'));
  for (const applet of applets) symlinkSync('busybox', join(dir, 'bin', applet));
  mkdirSync(join(dir, 'usr/bin'), { recursive: true });
  symlinkSync('/bin/busybox', join(dir, 'usr/bin/env'));
  await copyProgram(dir, process.execPath, 'usr/local/bin/node');
  const npm = 'usr/local/lib/node_modules/npm';
  cpSync(npmFolder(), join(dir, npm), { recursive: true });
  symlinkSync(`/${npm}/bin/npm-cli.js`, join(dir, 'usr/local/bin/npm'));
}

function makeContext(dir: string): void {
  // Links between packages stay relative.
  const options = { recursive: true, verbatimSymlinks: true };
  for (const name of [...cloned, ...settings]) {
    cpSync(realpathSync(join(clone, name)), join(dir, name), options);
  }
}

/** Builds it; the answer is the image's name. `dir` is an empty folder. */
export async function buildDaemonImage(docker: DockerDaemon, dir: string): Promise<string> {
  const [rootfs, context] = [join(dir, 'rootfs'), join(dir, 'context')];
  await makeNodeRootfs(rootfs);
  makeContext(context);
  const base = await docker.importImage(rootfs);
  const name = 'nsproc-test:image';
  const bases = [`--build-arg=BUILD_BASE=${base}`, `--build-arg=BASE=${base}`];
  const built = await docker.docker([
    ...['build', '--network=none', `--tag=${name}`, ...bases],
    ...['--file', join(context, 'docker/Dockerfile'), context],
  ]);
  if (built.status !== 0) throw new Error(`Cannot build the image: ${built.stdout}${built.stderr}`);
  return name;
}
