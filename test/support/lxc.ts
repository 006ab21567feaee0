// A container of LXC's, whose stock configuration binds what it finds at /var/lib/lxcfs. There a
// daemon's mount is bound in a mount namespace of LXC's own: the machine's folder stays as it is.

import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Outcome, run } from './commands.ts';
import { programPath } from './requirements.ts';
import { startWatched } from './watched-process.ts';

export interface LxcOptions {
  /** A folder of this container's own. */
  readonly dir: string;
  /** A folder that makeRootfs() filled. */
  readonly rootfs: string;
  readonly cgroupPath: string;
  readonly mountPoint: string;
}

export interface LxcContainer {
  /** As the host numbers it. */
  readonly initPid: number;
  exec(argv: readonly string[]): Promise<Outcome>;
  stop(): Promise<void>;
}

const lxcfsDir = '/var/lib/lxcfs';
const name = 'nsproc-test';

function configOf({ dir, rootfs, cgroupPath }: LxcOptions): string {
  return [
    // With the mount hook of Debian's package lxcfs, by common.conf.d.
    'lxc.include = /usr/share/lxc/config/common.conf',
    `lxc.rootfs.path = dir:${rootfs}`,
    'lxc.net.0.type = empty',
    'lxc.apparmor.profile = unconfined',
    `lxc.cgroup.dir = ${cgroupPath.replace(/^\//, '')}`,
    `lxc.log.file = ${join(dir, 'log')}`,
    'lxc.log.level = INFO',
    '',
  ].join('\n');
}

export async function startLxcContainer(options: LxcOptions): Promise<LxcContainer> {
  const { dir, mountPoint } = options;
  mkdirSync(join(dir, name), { recursive: true });
  writeFileSync(join(dir, name, 'config'), configOf(options));
  const lxc = (program: string, ...args: readonly string[]): string[] => [
    ...[programPath(program), '-P', dir, '-n', name],
    ...args,
  ];
  const bind = `mount --rbind '${mountPoint}' ${lxcfsDir} && exec "$@"`;
  const start = startWatched([
    ...['unshare', '--mount', '--', 'sh', '-c', bind, 'sh'],
    ...lxc('lxc-execute', '--', 'sleep', '86400'),
  ]);
  const stop = async (): Promise<void> => {
    await run(lxc('lxc-stop', '--kill'));
    start.signal('SIGTERM');
    await start.ended;
  };
  const { status } = await run(lxc('lxc-wait', '-s', 'RUNNING', '-t', '60'));
  const { stdout } = await run(lxc('lxc-info', '-p', '-H'));
  if (status !== 0 || stdout === '') {
    await stop();
    throw new Error(`Cannot start an LXC container (see ${dirname(dir)}): ${start.output()}`);
  }
  return { initPid: Number(stdout), exec: (argv) => run(lxc('lxc-attach', '--', ...argv)), stop };
}
