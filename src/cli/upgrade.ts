// nsproc upgrade and release: a running daemon is replaced by the code that is there now; containers
// in quarantine get their own files again.

import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { askDaemon, ControlError } from '../daemon/control-client.ts';
import type { ControlOptions } from './control.ts';
import { ExitStatus } from './exit-status.ts';

/** Starting takes less than a second; this is how long the holder lets a server take for it. */
const patienceMsec = 60_000;
const pollMsec = 100;

interface ServerFacts {
  readonly pid: number;
  readonly version: string;
}

async function serverAt(mountPoint: string): Promise<ServerFacts> {
  const { status } = await askDaemon(mountPoint, { command: 'status' });
  return (status as { server: ServerFacts }).server;
}

/** While one server goes and the other comes, nobody answers for a moment. */
async function successorOf(pid: number, mountPoint: string): Promise<ServerFacts | undefined> {
  const deadline = performance.now() + patienceMsec;
  while (performance.now() < deadline) {
    await sleep(pollMsec);
    const server = await serverAt(mountPoint).catch((error: unknown) => {
      if (error instanceof ControlError) return undefined;
      throw error;
    });
    if (server !== undefined && server.pid !== pid) return server;
  }
  return undefined;
}

/** Waits until the replacement serves; throws ControlError when no daemon answers. */
export async function runUpgrade(options: ControlOptions): Promise<number> {
  const mountPoint = resolve(options.mountPoint);
  const { pid, version } = await serverAt(mountPoint);
  await askDaemon(mountPoint, { command: 'upgrade' });
  const successor = await successorOf(pid, mountPoint);
  if (successor === undefined) {
    process.stderr.write(
      `nsproc: no replacement came up; server ${pid} (${version}) goes on. Its log says why.\n`,
    );
    return ExitStatus.failed;
  }
  process.stdout.write(
    `server ${pid} (${version}) replaced by ${successor.pid} (${successor.version})\n`,
  );
  return ExitStatus.ok;
}

/** Throws ControlError when no daemon answers. */
export async function runRelease(options: ControlOptions): Promise<number> {
  const { released } = await askDaemon(resolve(options.mountPoint), { command: 'release' });
  const containers = released as readonly { pidnsInode: number }[];
  if (containers.length === 0) process.stdout.write('no container was in quarantine\n');
  for (const { pidnsInode } of containers) {
    process.stdout.write(`pid namespace ${pidnsInode} gets its own files again\n`);
  }
  return ExitStatus.ok;
}
