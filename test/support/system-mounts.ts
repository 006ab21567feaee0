// /sys/devices/system/cpu and node of a daemon in a container that has a sysfs of its own.

import { readdirSync } from 'node:fs';
import type { TestCgroup } from './cgroups.ts';
import type { Container } from './containers.ts';
import type { ServingScene } from './serving-scene.ts';
import { outputIn } from './serving-scene.ts';

export const systemDir = '/sys/devices/system';

/** Those of the two that the host has: one without NUMA has no nodes. */
export function servedTrees(): string[] {
  return readdirSync(systemDir).filter((name) => name === 'cpu' || name === 'node');
}

const procFiles = ['cpuinfo', 'meminfo', 'stat', 'uptime'];

/** Its network namespace is what lets it mount a sysfs. */
export async function startWithSystem(
  scene: ServingScene,
  cgroup: TestCgroup,
  mountPoint = scene.daemon.mountPoint,
): Promise<Container> {
  const container = await scene.start({
    cgroup,
    unshareFlags: ['--net'],
    mounts: procFiles.map((file) => [`${mountPoint}/proc/${file}`, `/proc/${file}`]),
  });
  const binds = servedTrees().map(
    (name) => `mount --bind '${mountPoint}${systemDir}/${name}' '${systemDir}/${name}'`,
  );
  await outputIn(container, ['sh', '-ec', ['mount -t sysfs own /sys', ...binds].join('\n')]);
  return container;
}
