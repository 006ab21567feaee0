// Kubernetes webhooks made for LXCFS add volumes to pods: each names the files that it expects
// below LXCFS's mount point, and how it has them mounted. With a daemon there, they are.

import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runOrThrow } from '../support/commands.ts';
import type { Container } from '../support/containers.ts';
import { kibOf, parseStat, parseUptime } from '../support/proc-texts.ts';
import { outputIn, readIn, useServingScene } from '../support/serving-scene.ts';

const scene = useServingScene('cgroup:memory', 'cgroup:cpu');
const memoryMib = 64;

const procFiles = ['cpuinfo', 'diskstats', 'loadavg', 'meminfo', 'stat', 'swaps', 'uptime'];
const files = procFiles.map((name) => `proc/${name}`);
const cpuDir = 'sys/devices/system/cpu';
const online = `${cpuDir}/online`;

/** What a webhook has mounted, as it is called below LXCFS's mount point and in the pod. */
const webhooks = [
  { name: 'denverdino/lxcfs-admission-webhook', paths: files },
  // As subPath of a volume: kubelet opens the path and binds the fd.
  { name: 'ymping/lxcfs-admission-webhook', paths: [...files, online], isSubPath: true },
  { name: 'kubeservice-stack/lxcfs-webhook', paths: [...files, online] },
  // A folder, then a file in that folder.
  { name: 'cndoit18/lxcfs-on-kubernetes', paths: [...files, cpuDir, online] },
] as const;

interface PodMounts {
  readonly paths: readonly string[];
  readonly isSubPath?: boolean;
}

/** With LXCFS's own folder as the pod sees it, through its parent, mounts made later included. */
async function startPod({ paths, isSubPath = false }: PodMounts): Promise<Container> {
  const { mountPoint } = scene().daemon;
  const cgroup = scene().makeCgroup({ memoryBytes: memoryMib * 2 ** 20, cpuQuotaUsec: 100_000 });
  const mounts = isSubPath
    ? []
    : paths.map((path) => [join(mountPoint, path), `/${path}`] as const);
  const container = await scene().start({ cgroup, mounts });
  if (isSubPath) {
    const binds = paths.map(
      (path) => `exec 3<'${join(mountPoint, path)}'; mount --bind /proc/$$/fd/3 '/${path}'`,
    );
    await outputIn(container, ['sh', '-ec', binds.join('\n')]);
  }
  return container;
}

describe.each(webhooks)('the pods of $name', (webhook) => {
  it('find each file under the mount point, of the type that is asked for', async () => {
    const { mountPoint } = scene().daemon;
    const argv = ['stat', '--format', '%F', ...webhook.paths.map((path) => join(mountPoint, path))];
    const types = (await runOrThrow(argv)).trim().split('\n');
    expect(types).toEqual(
      webhook.paths.map((path) => (path === cpuDir ? 'directory' : 'regular file')),
    );
  });

  it('read what is theirs', async () => {
    const pod = await startPod(webhook);
    expect(kibOf(await readIn(pod, 'meminfo'), 'MemTotal')).toBe(memoryMib * 1024);
    expect(parseStat(await readIn(pod, 'stat')).cpus.size).toBe(2);
    expect(parseUptime(await readIn(pod, 'uptime')).ageSec).toBeLessThan(600);
    for (const path of webhook.paths.filter((other) => other !== cpuDir)) {
      const shown = await outputIn(pod, ['cat', `/${path}`]);
      if (path === online) expect(shown).toBe('0\n');
      if (path !== 'proc/diskstats') expect(shown).not.toBe('');
    }
  });
});

describe('the whole folder of LXCFS, which some webhooks mount as well', () => {
  it('shows a pod its own numbers, also through the parent folder', async () => {
    const { mountPoint } = scene().daemon;
    const { teardown } = scene();
    const dir = teardown.makeDir();
    const cgroup = scene().makeCgroup({ memoryBytes: memoryMib * 2 ** 20 });
    const pod = await scene().start({ cgroup, mounts: [] });
    const binds = `mount --rbind --make-rslave '${dirname(mountPoint)}' '${dir}'`;
    await outputIn(pod, ['sh', '-ec', binds]);
    const inPod = join(dir, mountPoint.slice(dirname(mountPoint).length), 'proc/meminfo');
    expect(kibOf(await outputIn(pod, ['cat', inPod]), 'MemTotal')).toBe(memoryMib * 1024);
  });
});
