// A host for `nsproc heal`, apart from the machine's other containers: a container from which the
// command sees only those that are nested in it, whose files are of servers that end.

import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import type { HealedMount } from '../../src/daemon/heal.ts';
import { makeCgroup, type TestCgroup } from './cgroups.ts';
import { run, runOrThrow } from './commands.ts';
import { type Container, type ContainerOptions, startContainer } from './containers.ts';
import { type Daemon, startDaemon } from './daemon.ts';
import { mountsBelow, unmountBelow } from './mounts.ts';
import { nsprocArgv } from './nsproc-process.ts';
import { programPath } from './requirements.ts';
import { mountsOf } from './runtime-container.ts';
import type { Teardown } from './teardown.ts';
import { startWatched } from './watched-process.ts';

/** A server of files, which ends and leaves its mounts in containers dead. */
export interface DoomedServer {
  readonly mountPoint: string;
  readonly pid: number;
  end(): Promise<void>;
}

/** Its connection is aborted: that ends it for all mounts, whoever else holds it. */
export async function startDoomedNsproc(teardown: Teardown): Promise<DoomedServer> {
  const daemon = await startDaemon();
  teardown.add(() => daemon.stop());
  const { mountPoint, pid } = daemon;
  const end = async () => {
    for (const mount of mountsBelow(mountPoint)) {
      await run(['umount', '--force', '--no-canonicalize', mount.mountPoint]);
    }
    await daemon.stop();
  };
  return { mountPoint, pid, end };
}

export async function startDoomedLxcfs(teardown: Teardown): Promise<DoomedServer> {
  const dir = teardown.makeDir();
  const mountPoint = teardown.makeDir();
  const pidFile = ['--pidfile', `${dir}/pid`];
  const server = startWatched([programPath('lxcfs'), '--foreground', ...pidFile, mountPoint]);
  const end = async () => {
    server.signal('SIGKILL');
    await server.ended;
    unmountBelow(mountPoint);
  };
  teardown.add(end);
  while (mountsBelow(mountPoint).length === 0) await sleep(20);
  return { mountPoint, pid: server.pid, end };
}

export interface Healing {
  readonly status: number;
  readonly stderr: string;
  readonly mounts: readonly HealedMount[];
}

export interface HealHost {
  /** In which all of this happens. */
  readonly outer: Container;
  /** With 64 MiB of memory, and the server's files over its own unless options say otherwise. */
  start(options?: ContainerOptions): Promise<Container>;
  /** The number that the command knows a container's first process by. */
  pidOf(container: Container): string;
  /** The command with these arguments, for the live daemon. */
  argv(...args: readonly string[]): string[];
  heal(...args: readonly string[]): Promise<Healing>;
}

/** The servers must have started before: the host has the mounts of its beginning. */
export async function makeHealHost(
  teardown: Teardown,
  live: Daemon,
  server: DoomedServer,
): Promise<HealHost> {
  const outer = await startContainer();
  teardown.add(() => outer.stop());
  const argv = (...args: readonly string[]): string[] =>
    outer.execArgv(nsprocArgv('heal', '--mount-point', live.mountPoint, ...args));
  return {
    outer,
    argv,
    start: async (options = {}) => {
      const cgroup = makeSmallCgroup(teardown);
      const mounts = mountsOf(server.mountPoint);
      const container = await startContainer({ cgroup, mounts, nestedIn: outer, ...options });
      teardown.add(() => container.stop());
      return container;
    },
    pidOf: ({ initPid }) => {
      const numbers = /^NSpid:\s+(.*)$/m.exec(readFileSync(`/proc/${initPid}/status`, 'utf8'));
      return numbers?.[1]?.split('\t')[1] ?? '';
    },
    heal: async (...args) => {
      const { status, stdout, stderr } = await run(argv('--json', ...args));
      const mounts: HealedMount[] = stdout === '' ? [] : JSON.parse(stdout).mounts;
      return { status, stderr, mounts };
    },
  };
}

const smallMemoryKib = 64 * 1024;

function makeSmallCgroup(teardown: Teardown): TestCgroup {
  const cgroup = makeCgroup({ memoryBytes: smallMemoryKib * 1024 });
  teardown.add(() => cgroup.remove());
  return cgroup;
}

/** Each place and what became of it. */
export function resultsOf({ mounts }: Healing): Record<string, string> {
  return Object.fromEntries(mounts.map(({ target, result }) => [target, result]));
}

export function mountinfoOf({ initPid }: Container): string {
  return readFileSync(`/proc/${initPid}/mountinfo`, 'utf8');
}

/** The options of the mounts at a path of the container, one text each. */
export function optionsAt(container: Container, target: string): string[] {
  const lines = mountinfoOf(container).split('\n');
  return lines.flatMap((line) => {
    const [, , , , at, options = ''] = line.split(' ');
    return at === target ? [options] : [];
  });
}

export async function expectDead(container: Container, file: string): Promise<void> {
  const { status, stderr } = await container.exec(['cat', file]);
  expect({ status, stderr }).toEqual({
    status: 1,
    stderr: expect.stringMatching(/not connected|abort/),
  });
}

export async function expectOwnMemory(container: Container): Promise<void> {
  const text = await runOrThrow(container.execArgv(['cat', '/proc/meminfo']));
  expect(text.split('\n')[0]).toBe(`MemTotal:          ${smallMemoryKib} kB`);
}
