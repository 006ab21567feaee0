// Containers made by Docker, with the files bind-mounted by -v, on a Docker daemon of
// the test's own.

import { existsSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { makeCgroup } from '../support/cgroups.ts';
import { startDaemon } from '../support/daemon.ts';
import { type DockerDaemon, startDocker } from '../support/docker.ts';
import { mountsBelow } from '../support/mounts.ts';
import { findByCommandLine } from '../support/processes.ts';
import { missing } from '../support/requirements.ts';
import { makeRootfs } from '../support/rootfs.ts';
import {
  expectCpusOfStat,
  expectMemoryOfFree,
  expectMemoryOfTop,
  expectUpMinutes,
  expectUptime,
  mountsOf,
  printed,
  type RuntimeContainer,
  topOnce,
} from '../support/runtime-container.ts';
import { makeTeardown } from '../support/teardown.ts';

const lacking = missing(
  'root',
  'fuse',
  'docker',
  'procps',
  'busybox',
  'cgroup:memory',
  'cgroup:cpu',
);
const patienceMsec = 900_000;
const teardown = makeTeardown();

interface Limits {
  readonly memoryMib: number;
  readonly cpus: number;
}

async function startScene() {
  const dir = teardown.makeDir();
  await makeRootfs(`${dir}/rootfs`);
  const daemon = await startDaemon();
  teardown.add(() => daemon.stop());
  const cgroup = makeCgroup();
  teardown.add(() => cgroup.remove());
  const dockerDir = `${dir}/docker`;
  const docker = await startDocker(dockerDir);
  teardown.add(() => docker.stop());
  const image = await docker.importImage(`${dir}/rootfs`);
  const volumes = mountsOf(daemon.mountPoint).map(([source, target]) => `${source}:${target}:ro`);
  const flags = [
    '--network=none',
    `--cgroup-parent=${cgroup.path}`,
    ...volumes.map((volume) => `--volume=${volume}`),
  ];
  const runSleeping = (limits: Limits) => runContainer(docker, [...flags], image, limits);
  return {
    small: await runSleeping({ memoryMib: 64, cpus: 0.5 }),
    large: await runSleeping({ memoryMib: 128, cpus: 1.5 }),
    docker,
    dockerDir,
    cgroupDir: cgroup.dirOf('memory'),
  };
}

async function runContainer(
  docker: DockerDaemon,
  flags: readonly string[],
  image: string,
  { memoryMib, cpus }: Limits,
): Promise<RuntimeContainer> {
  const limits = [`--memory=${memoryMib}m`, `--cpus=${cpus}`];
  const startedAfterMsec = performance.now();
  const { stdout, stderr, status } = await docker.docker([
    ...['run', '--detach', ...flags, ...limits],
    ...[image, 'sleep', '86400'],
  ]);
  const startedBeforeMsec = performance.now();
  if (status !== 0) throw new Error(`Cannot start a Docker container: ${stderr}`);
  return {
    exec: (argv) => docker.docker(['exec', stdout.trim(), ...argv]),
    memoryBytes: memoryMib * 2 ** 20,
    quotaCpus: Math.ceil(cpus),
    startedAfterMsec,
    startedBeforeMsec,
  };
}

describe('Docker containers', { timeout: patienceMsec }, () => {
  let scene: Awaited<ReturnType<typeof startScene>>;

  beforeAll(async () => {
    if (lacking === undefined) scene = await startScene();
  }, patienceMsec);
  afterAll(() => teardown.run(), patienceMsec);
  beforeEach((ctx) => ctx.skip(lacking !== undefined, lacking));

  it.each(['small', 'large'] as const)('free prints the memory of the %s one', (which) =>
    expectMemoryOfFree(scene[which]),
  );

  it.each(['small', 'large'] as const)('/proc/uptime has the age of the %s one', (which) =>
    expectUptime(scene[which]),
  );

  it('uptime prints the age', () => expectUpMinutes(scene.small, ['uptime']));

  it('top prints the memory', () => expectMemoryOfTop(scene.small));

  it('top prints the age', () => expectUpMinutes(scene.small, topOnce));

  it.each(['small', 'large'] as const)('/proc/stat has the CPUs of the %s one', (which) =>
    expectCpusOfStat(scene[which]),
  );

  it('the same path reads differently in each', async () => {
    const total = ['grep', 'MemTotal', '/proc/meminfo'];
    expect(await printed(scene.small, total)).toBe('MemTotal:          65536 kB\n');
    expect(await printed(scene.large, total)).toBe('MemTotal:         131072 kB\n');
  });

  it('end without a trace', async () => {
    const { docker, dockerDir, cgroupDir } = scene;
    await teardown.run();
    expect(mountsBelow(dockerDir)).toEqual([]);
    expect(findByCommandLine(dockerDir)).toEqual([]);
    expect(existsSync(cgroupDir)).toBe(false);
    expect(existsSync(dockerDir)).toBe(false);
    expect((await docker.docker(['version'])).status).not.toBe(0);
  });
});
