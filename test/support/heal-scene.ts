// A live daemon for a file of tests, and for each of them a host whose server is about to end.

import { afterAll, beforeAll, beforeEach } from 'vitest';
import { type Daemon, startDaemon } from './daemon.ts';
import { type DoomedServer, type HealHost, makeHealHost, startDoomedNsproc } from './heal-host.ts';
import { missing } from './requirements.ts';
import { makeTeardown, type Teardown } from './teardown.ts';

export interface HealScene extends HealHost {
  readonly live: Daemon;
  readonly server: DoomedServer;
  readonly teardown: Teardown;
}

export const procFiles = ['/proc/meminfo', '/proc/stat', '/proc/uptime'] as const;

export function allOf(targets: readonly string[], result: string): Record<string, string> {
  return Object.fromEntries(targets.map((target) => [target, result]));
}

/** Call it once, outside of any suite. `lacking` is what else the machine lacks, if anything. */
export function useHealScene(
  startServer: (teardown: Teardown) => Promise<DoomedServer> = startDoomedNsproc,
  lacking = missing('root', 'fuse', 'cgroup:memory'),
): () => HealScene {
  const forAll = makeTeardown();
  const forEach = makeTeardown();
  let live: Daemon | undefined;
  let scene: HealScene | undefined;
  beforeAll(async () => {
    if (lacking !== undefined) return;
    live = await startDaemon();
    forAll.add(live.stop);
  });
  beforeEach(async (ctx) => {
    ctx.skip(lacking !== undefined, lacking);
    if (live === undefined) return;
    const server = await startServer(forEach);
    scene = { ...(await makeHealHost(forEach, live, server)), live, server, teardown: forEach };
    return () => forEach.run();
  });
  afterAll(() => forAll.run());
  return () => {
    if (scene === undefined) throw new Error('Cannot use the scene before it is set up');
    return scene;
  };
}
