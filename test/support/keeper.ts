// host-server as a keeper, and what asks it.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  deadMount,
  type HostServer,
  type MountedTree,
  mountPressure,
  startHostServer,
  untilTrue,
} from './host-server.ts';
import { compileProgram } from './programs.ts';
import type { Teardown } from './teardown.ts';

export interface Keeper extends MountedTree {
  readonly socket: string;
  readonly server: HostServer;
}

export interface KeeperStart {
  readonly args?: readonly string[];
  /** One of its own unless given. */
  readonly tree?: MountedTree;
}

export async function startKeeper(
  teardown: Teardown,
  { args = [], tree: given }: KeeperStart = {},
): Promise<Keeper> {
  const tree = given ?? (await deadMount(teardown));
  const socket = join(teardown.makeDir(), 'keeper');
  const keeping = ['--keeper', socket, '--mount-point', tree.mountPoint, ...args];
  const server = startHostServer(teardown, { fds: tree.fds, args: keeping });
  await untilTrue('the keeper listens', () => existsSync(socket));
  return { ...tree, socket, server };
}

/** A mount with /proc/pressure where the kernel has it, and without a server. */
export async function deadMountWithPressure(teardown: Teardown): Promise<MountedTree> {
  const tree = await deadMount(teardown);
  if (!existsSync('/proc/pressure/cpu')) return tree;
  const server = startHostServer(teardown, { fds: tree.fds });
  const whole = mountPressure(teardown, tree);
  await server.kill();
  return whole;
}

/** The argument list of a program that sends the keeper a command. */
export function keeperClient(socket: string, ...command: readonly string[]): string[] {
  return [compileProgram('keeper-client'), socket, ...command];
}
