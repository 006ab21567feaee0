// A container made by runc from a bundle of our own, as an orchestrator makes one.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Outcome, run, runOrThrow } from './commands.ts';
import { programPath } from './requirements.ts';

export interface BundleOptions {
  /** A folder of this container's own, for the bundle and for runc's state. */
  readonly dir: string;
  /** A folder that makeRootfs() filled. The container cannot write to it. */
  readonly rootfs: string;
  readonly cgroupPath: string;
  readonly memoryBytes: number;
  readonly cpuQuotaUsec: number;
  readonly cpuPeriodUsec: number;
  /** Files of the host and the files of the container that they stand over. */
  readonly mounts: readonly (readonly [source: string, target: string])[];
}

export interface RuncContainer {
  exec(argv: readonly string[]): Promise<Outcome>;
  stop(): Promise<void>;
}

const containerId = 'nsproc-test';

export async function startRuncContainer(options: BundleOptions): Promise<RuncContainer> {
  const { dir } = options;
  const runc = [programPath('runc'), '--root', join(dir, 'state')];
  mkdirSync(join(dir, 'bundle'), { recursive: true });
  writeFileSync(join(dir, 'bundle/config.json'), JSON.stringify(configOf(options), null, 2));
  const logFile = join(dir, 'run.log');
  // The container keeps the outputs that runc was given, so a pipe would stay open.
  const start = [...runc, 'run', '--detach', '--bundle', join(dir, 'bundle'), containerId];
  const redirected = ['sh', '-c', 'exec "$@" </dev/null >"$0" 2>&1', logFile, ...start];
  const { status } = await run(redirected);
  if (status !== 0) {
    throw new Error(`Cannot start a runc container: ${readFileSync(logFile, 'utf8')}`);
  }
  return {
    exec: (argv) => run([...runc, 'exec', containerId, ...argv]),
    stop: async () => {
      await runOrThrow([...runc, 'delete', '--force', containerId]);
    },
  };
}

function configOf(options: BundleOptions): object {
  const capabilities = ['CAP_KILL'];
  const bind = { type: 'bind', options: ['bind', 'ro', 'nosuid', 'nodev', 'noexec'] };
  return {
    ociVersion: '1.0.2',
    process: {
      user: { uid: 0, gid: 0 },
      args: ['sleep', '86400'],
      env: ['PATH=/usr/bin:/bin'],
      cwd: '/',
      capabilities: { bounding: capabilities, effective: capabilities, permitted: capabilities },
      noNewPrivileges: true,
    },
    root: { path: options.rootfs, readonly: true },
    hostname: 'runc',
    mounts: [
      { destination: '/proc', type: 'proc', source: 'proc' },
      { destination: '/dev', type: 'tmpfs', source: 'tmpfs', options: ['nosuid', 'mode=755'] },
      ...options.mounts.map(([source, destination]) => ({ ...bind, source, destination })),
    ],
    linux: {
      cgroupsPath: options.cgroupPath,
      resources: {
        memory: { limit: options.memoryBytes },
        cpu: { quota: options.cpuQuotaUsec, period: options.cpuPeriodUsec },
      },
      namespaces: ['pid', 'network', 'ipc', 'uts', 'mount'].map((type) => ({ type })),
    },
  };
}
