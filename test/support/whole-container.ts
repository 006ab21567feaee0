// A container that has all of a daemon's files: those of /proc, and the trees of /sys.

import { existsSync, readdirSync } from 'node:fs';
import type { TestCgroup } from './cgroups.ts';
import type { Container } from './containers.ts';
import { waitForPressure } from './pressure-mount.ts';
import type { ServingScene } from './serving-scene.ts';
import { servedTrees, systemDir } from './system-mounts.ts';

export async function startWholeContainer(
  scene: ServingScene,
  cgroup: TestCgroup,
): Promise<Container> {
  const { mountPoint } = scene.daemon;
  await waitForPressure(mountPoint);
  const names = readdirSync(`${mountPoint}/proc`).filter((name) => existsSync(`/proc/${name}`));
  return scene.start({
    cgroup,
    unshareFlags: ['--net'],
    mounts: [
      ...names.map((name) => [`${mountPoint}/proc/${name}`, `/proc/${name}`] as const),
      ...servedTrees().map(
        (name) => [`${mountPoint}${systemDir}/${name}`, `${systemDir}/${name}`] as const,
      ),
    ],
  });
}
