// A daemon, and containers that have its files over their own /proc.

import { afterAll, beforeAll, beforeEach, expect } from 'vitest';
import type { CgroupLimits } from './cgroup-limits.ts';
import { makeCgroup, type TestCgroup } from './cgroups.ts';
import { type Container, type ContainerOptions, startContainer } from './containers.ts';
import { type Daemon, startDaemon } from './daemon.ts';
import { missing, type Requirement } from './requirements.ts';
import { mountsOf } from './runtime-container.ts';
import { makeTeardown, type Teardown } from './teardown.ts';

export interface ServingScene {
  readonly daemon: Daemon;
  readonly teardown: Teardown;
  makeCgroup(limits?: CgroupLimits): TestCgroup;
  /** A container in a fresh cgroup without limits, if its options name no other. */
  start(options?: ContainerOptions): Promise<Container>;
}

/**
 * Gives every test of the file the same scene, or skips them all where the machine
 * lacks something. Call it once, outside of any suite.
 */
export function useServingScene(...requirements: readonly Requirement[]): () => ServingScene {
  const lacking = missing('root', 'fuse', ...requirements);
  const teardown = makeTeardown();
  let scene: ServingScene | undefined;
  beforeAll(async () => {
    if (lacking === undefined) scene = await makeServingScene(teardown);
  });
  afterAll(() => teardown.run());
  beforeEach((ctx) => ctx.skip(lacking !== undefined, lacking));
  return () => {
    if (scene === undefined) throw new Error('Cannot use the scene before it is set up');
    return scene;
  };
}

async function makeServingScene(teardown: Teardown): Promise<ServingScene> {
  const daemon = await startDaemon();
  teardown.add(() => daemon.stop());
  const makeOwnCgroup = (limits: CgroupLimits = {}): TestCgroup => {
    const cgroup = makeCgroup(limits);
    teardown.add(() => cgroup.remove());
    return cgroup;
  };
  const start = async (options: ContainerOptions = {}): Promise<Container> => {
    const isApart = options.cgroup === undefined && options.nestedIn === undefined;
    const container = await startContainer({
      mounts: mountsOf(daemon.mountPoint),
      ...(isApart ? { cgroup: makeOwnCgroup() } : {}),
      ...options,
    });
    teardown.add(() => container.stop());
    return container;
  };
  return { daemon, teardown, makeCgroup: makeOwnCgroup, start };
}

/** What a command prints inside; it must succeed, and say nothing else. */
export async function outputIn(container: Container, argv: readonly string[]): Promise<string> {
  const { stdout, stderr, status } = await container.exec(argv);
  expect({ argv, status, stderr }).toEqual({ argv, status: 0, stderr: '' });
  return stdout;
}

export function readIn(container: Container, file: 'meminfo' | 'stat' | 'uptime'): Promise<string> {
  return outputIn(container, ['cat', `/proc/${file}`]);
}
