// A resolver, and containers for it to find.

import type { ReaderResolver } from '../../src/reader/resolver.ts';
import type { InitStrategy } from '../../src/reader/strategies/init-strategy.ts';
import { makeCgroup, type TestCgroup } from './cgroups.ts';
import { type Container, type ContainerOptions, startContainer } from './containers.ts';
import { type RunningProgram, startProgram } from './programs.ts';
import { makeResolver } from './resolvers.ts';
import { makeTeardown, type Teardown } from './teardown.ts';

export interface ResolverScene {
  readonly resolver: ReaderResolver;
  readonly cgroup: TestCgroup;
  readonly teardown: Teardown;
  /** A container in that cgroup, if its options name no other. */
  start(options?: ContainerOptions): Promise<Container>;
  /** A process inside of it that stays. */
  startChild(argv: readonly string[]): Promise<RunningProgram>;
}

/** A resolver, and containers that end with the scene. */
export function makeScene(strategy: InitStrategy): ResolverScene {
  const teardown = makeTeardown();
  const resolver = makeResolver(strategy);
  const cgroup = makeCgroup();
  teardown.add(() => cgroup.remove());
  teardown.add(() => resolver.close());
  const start = async (options: ContainerOptions = {}): Promise<Container> => {
    const container = await startContainer({ cgroup, ...options });
    teardown.add(() => container.stop());
    return container;
  };
  const startChild = async (argv: readonly string[]): Promise<RunningProgram> => {
    const program = await startProgram(argv);
    teardown.add(() => program.stop());
    return program;
  };
  return { resolver, cgroup, teardown, start, startChild };
}
