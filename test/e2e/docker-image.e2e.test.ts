// The image of docker/Dockerfile as docker/compose.yaml runs it, and a container that reads
// through it. Only the host's folder is another one.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { makeCgroup } from '../support/cgroups.ts';
import { type Outcome, runOrThrow } from '../support/commands.ts';
import { type ComposeService, possibleFlags, readCompose, runFlagsOf } from '../support/compose.ts';
import { buildDaemonImage, imageLacking } from '../support/daemon-image.ts';
import { type DockerDaemon, startDocker } from '../support/docker.ts';
import { mountsBelow, unmountBelow } from '../support/mounts.ts';
import { kibOf } from '../support/proc-texts.ts';
import { missing } from '../support/requirements.ts';
import { makeRootfs } from '../support/rootfs.ts';
import { makeTeardown } from '../support/teardown.ts';

const lacking =
  missing('root', 'fuse', 'docker', 'procps', 'busybox', 'cgroup:memory', 'cgroup:cpu') ??
  imageLacking();
const patienceMsec = 900_000;
const healthyMsec = 120_000;
const teardown = makeTeardown();

interface Scene {
  /** Runs docker(1). */
  docker(...argv: readonly string[]): Promise<Outcome>;
  /** What compose.yaml names: its paths are below a folder that stands for the host's /var/lib. */
  inHostDir(path: string): string;
  /** The container of the daemon. */
  readonly daemonId: string;
  /** What follows `docker run` for the example. */
  readonly exampleArgv: readonly string[];
}

/** A shared mount, as the host's own are. */
async function makeHostDir(dir: string): Promise<void> {
  mkdirSync(dir);
  await runOrThrow(['mount', '--bind', dir, dir]);
  teardown.add(() => unmountBelow(dir));
  await runOrThrow(['mount', '--make-shared', dir]);
}

async function startOwnDocker(dir: string): Promise<DockerDaemon> {
  const docker = await startDocker(dir);
  teardown.add(() => docker.stop());
  return docker;
}

async function startScene(): Promise<Scene> {
  const dir = teardown.makeDir();
  await makeHostDir(join(dir, 'host'));
  const inHostDir = (path: string) => path.replaceAll('/var/lib', join(dir, 'host'));
  const cgroup = makeCgroup();
  teardown.add(() => cgroup.remove());
  const runner = await startOwnDocker(join(dir, 'docker'));
  const image = await buildDaemonImage(runner, join(dir, 'build'));
  await makeRootfs(join(dir, 'rootfs'));
  const exampleImage = await runner.importImage(join(dir, 'rootfs'));
  const argvOf = (service: ComposeService, ownImage: string) => [
    `--cgroup-parent=${cgroup.path}`,
    ...possibleFlags(runFlagsOf(service)).map(inHostDir),
    ...[ownImage, ...service.command.map(inHostDir)],
  ];
  const { nsproc, example } = readCompose();
  const started = await runner.docker(['run', '--detach', ...argvOf(nsproc, image)]);
  if (started.status !== 0) throw new Error(`Cannot start the daemon's: ${started.stderr}`);
  return {
    docker: (...argv) => runner.docker(argv),
    inHostDir,
    daemonId: started.stdout.trim(),
    exampleArgv: argvOf(example, exampleImage),
  };
}

/** By the check of compose.yaml, which asks at the mount point of compose.yaml. */
async function untilHealthy({ docker, inHostDir, daemonId }: Scene): Promise<void> {
  const [, ...check] = readCompose().nsproc.healthcheck?.test ?? [];
  const argv = ['exec', daemonId, ...check, '--mount-point', inHostDir('/var/lib/nsproc')];
  const deadline = Date.now() + healthyMsec;
  while ((await docker(...argv)).status !== 0) {
    if (Date.now() > deadline) {
      const { stdout, stderr } = await docker('logs', daemonId);
      throw new Error(`The daemon is not healthy: ${stdout}${stderr}`);
    }
    await sleep(500);
  }
}

function mountedTypes({ inHostDir }: Scene): string[] {
  return mountsBelow(inHostDir('/var/lib/nsproc')).map(({ type }) => type);
}

let scene: Scene;

beforeAll(async () => {
  if (lacking !== undefined) return;
  scene = await startScene();
  await untilHealthy(scene);
}, patienceMsec);
afterAll(() => teardown.run(), patienceMsec);
beforeEach((ctx) => ctx.skip(lacking !== undefined, lacking));

describe('the image', { timeout: patienceMsec }, () => {
  it('holds nsproc and what it needs, and nothing for development', async () => {
    const { stdout } = await scene.docker('exec', scene.daemonId, 'ls', '/opt/nsproc/node_modules');
    const names = stdout.trim().split('\n');
    expect(names).toEqual(expect.arrayContaining(['commander', 'koffi', 'pino']));
    for (const name of ['typescript', 'vitest', 'yaml']) expect(names).not.toContain(name);
  });

  it('mounts where the host sees it, and complains of nothing', async () => {
    expect(mountedTypes(scene)).toContain('fuse.nsproc');
    const { stdout, stderr } = await scene.docker('logs', scene.daemonId);
    expect(stdout + stderr).toContain('serving');
    expect(stdout + stderr).not.toMatch(/"level":[456]0/);
  });

  it('lets the example container read what is its own', async () => {
    const argv = ['run', '--rm', ...scene.exampleArgv];
    const { stdout, stderr, status } = await scene.docker(...argv);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const [memory = '', cpus, uptime] = stdout.trim().split('\n');
    expect(kibOf(memory, 'MemTotal')).toBe(256 * 1024);
    expect(cpus).toBe('1');
    expect(Number(uptime?.split(' ')[0])).toBeLessThan(60);
  });
});

describe('the container of the daemon', { timeout: patienceMsec }, () => {
  it('unmounts and ends with 0 when it is stopped', async () => {
    const { docker, daemonId } = scene;
    await docker('stop', '--time', '60', daemonId);
    const { stdout } = await docker('inspect', '--format', '{{.State.ExitCode}}', daemonId);
    expect(stdout.trim()).toBe('0');
    expect(mountedTypes(scene)).toEqual([]);
  });

  it('serves again when it is started again, also after it was killed', async () => {
    const { docker, daemonId } = scene;
    await docker('start', daemonId);
    await untilHealthy(scene);
    await docker('kill', daemonId);
    await docker('start', daemonId);
    await untilHealthy(scene);
    expect(mountedTypes(scene)).toContain('fuse.nsproc');
    expect((await docker('run', '--rm', ...scene.exampleArgv)).status).toBe(0);
  });
});
