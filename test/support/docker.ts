// A Docker daemon of the tests' own (and its containerd), with all of its state in
// one folder, without a network and without touching one that may run here already.

import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { cleanAtExit } from './at-exit.ts';
import { type Outcome, run, runOrThrow } from './commands.ts';
import { unmountBelow } from './mounts.ts';
import { findByCommandLine } from './processes.ts';
import { programPath } from './requirements.ts';

export interface DockerDaemon {
  /** Runs the docker command against this daemon. */
  docker(argv: readonly string[]): Promise<Outcome>;
  /** Makes an image of a folder; the answer is the image's id. */
  importImage(rootfs: string): Promise<string>;
  /** Ends all containers and the daemon. */
  stop(): Promise<void>;
}

const startPatienceMsec = 180_000;
const stopPatienceMsec = 60_000;

/**
 * Preconditions: `dir` is an empty folder with a path of less than 80 characters,
 * because Unix sockets are made in it.
 */
export async function startDocker(dir: string): Promise<DockerDaemon> {
  const host = `unix://${dir}/docker.sock`;
  const configFile = join(dir, 'daemon.json');
  mkdirSync(dir, { recursive: true });
  writeFileSync(configFile, '{}');
  const child = spawn(programPath('dockerd'), dockerdFlags(dir, host, configFile), {
    env: { ...process.env, PATH: `${dirname(programPath('runc'))}:${process.env['PATH']}` },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let log = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (text: Buffer) => {
      log += text.toString();
    });
  }
  const clean = (): void => {
    for (const pid of findByCommandLine(dir)) process.kill(pid, 'SIGKILL');
    unmountBelow(dir);
  };
  const forget = cleanAtExit(clean);
  const command = [programPath('docker'), '--config', join(dir, 'client'), '--host', host];
  const docker = (argv: readonly string[]): Promise<Outcome> => run([...command, ...argv]);
  const deadline = Date.now() + startPatienceMsec;
  while ((await docker(['version'])).status !== 0) {
    if (child.exitCode !== null || Date.now() > deadline) {
      clean();
      throw new Error(`Cannot start dockerd: ${log}`);
    }
    await sleep(200);
  }
  return {
    docker,
    importImage: async (rootfs) => {
      const tar = join(dir, 'image.tar');
      await runOrThrow(['tar', '--create', '--file', tar, '--directory', rootfs, '.']);
      return (await runOrThrow([...command, 'import', tar])).trim();
    },
    stop: async () => {
      const ids = (await docker(['ps', '--all', '--quiet'])).stdout.split('\n').filter(Boolean);
      if (ids.length > 0) await docker(['rm', '--force', ...ids]);
      child.kill('SIGTERM');
      const end = Date.now() + stopPatienceMsec;
      while (findByCommandLine(dir).length > 0 && Date.now() < end) await sleep(100);
      clean();
      forget();
    },
  };
}

function dockerdFlags(dir: string, host: string, configFile: string): string[] {
  return [
    `--config-file=${configFile}`,
    `--host=${host}`,
    `--data-root=${dir}/data`,
    `--exec-root=${dir}/exec`,
    `--pidfile=${dir}/docker.pid`,
    '--bridge=none',
    '--iptables=false',
    '--ip6tables=false',
    // Works on every file system, whatever the machine's /tmp is on.
    '--storage-driver=vfs',
    '--exec-opt=native.cgroupdriver=cgroupfs',
  ];
}
