// /proc/pressure on a connection of its own, writable, mounted in the read-only tree: the rest
// stays read-only at its super block.

import { createEpoll } from '../kernel/epoll.ts';
import { openNonBlockingFuseDevice } from '../kernel/fuse-device.ts';
import { readTextFile } from '../kernel/kept-file.ts';
import { closeInBackground } from '../kernel/pressure-trigger.ts';
import { randomHalves } from '../kernel/random.ts';
import { OpenFiles } from '../vfs/open-files.ts';
import { TriggerTable } from '../vfs/trigger-table.ts';
import { ControlBlock } from './control-block.ts';
import { endMount } from './end-mount.ts';
import type { Log } from './log.ts';
import type { PressureMemory, PressureMessage, PressureStart } from './pressure-start.ts';
import { WorkerPool } from './worker-pool.ts';
import type { WorkerStart } from './worker-start.ts';

/**
 * How long a released trigger still counts. While one of a cgroup's is being closed, the kernel
 * lets nobody open that file (kernfs_fop_release() holds the node's mutex), the serving thread
 * neither: this bounds how often a container can make it wait, to some 10 ms each.
 */
const cooldownMsec = 5000;
/** The main thread's number as the owner of a lock. */
const mainThread = 1_000_000;

export interface RunningPressure {
  /** Resolves when it is mounted, or when it is known that it will not be. */
  readonly ready: Promise<void>;
  usage(): { readonly isMounted: boolean; readonly triggers: number };
  /** Unmounts and ends the thread; false when it was in use. */
  stop(): Promise<boolean>;
}

/** `undefined` where the kernel keeps no pressure information: the directory stays empty. */
export function startPressure(
  start: Omit<WorkerStart, 'thread' | 'fuseFd'>,
  log: Log,
): RunningPressure | undefined {
  if (readTextFile('/proc/pressure/cpu') === undefined) return undefined;
  const directory = `${start.options.mountPoint}/proc/pressure`;
  const memory: PressureMemory = {
    ...start.memory,
    control: ControlBlock.allocate(1),
    openFiles: OpenFiles.allocate(),
    triggers: TriggerTable.allocate(),
    mounted: new SharedArrayBuffer(4),
  };
  const pressureStart: Omit<PressureStart, 'thread'> = {
    ...start,
    memory,
    directory,
    fuseFd: openNonBlockingFuseDevice(),
    epollFd: createEpoll(),
    secret: randomHalves(),
  };
  return run(pressureStart, log.child({ files: 'pressure' }));
}

function run(start: Omit<PressureStart, 'thread'>, log: Log): RunningPressure {
  const { memory, directory } = start;
  const control = new ControlBlock(memory.control);
  const openFiles = new OpenFiles(memory.openFiles, mainThread);
  const triggers = new TriggerTable(memory.triggers);
  let isReady = () => {};
  const ready = new Promise<void>((resolve) => {
    isReady = resolve;
  });
  const pool = new WorkerPool({
    module: new URL('./pressure-worker.js', import.meta.url),
    start,
    count: 1,
    control,
    recover: (thread) => {
      openFiles.recover(thread);
      closeReleased(triggers);
    },
    takeMessage: (message) => {
      if (!isPressureMessage(message)) return false;
      if (message.pressure === 'released') closeReleased(triggers);
      else isReady();
      return true;
    },
    log,
  });
  pool.startAll();
  const settled = Promise.race([ready, pool.ended]);
  const end = async () => {
    pool.stopReplacing();
    // A mount that came later would keep the thread for ever.
    await settled;
    const isIdle = await endMount(directory, control);
    await pool.ended;
    return isIdle;
  };
  let ending: Promise<boolean> | undefined;
  // Once only: what is mounted there later belongs to another daemon.
  const stop = () => {
    ending ??= end();
    return ending;
  };
  const mounted = new Int32Array(memory.mounted);
  const usage = () => ({
    isMounted: Atomics.load(mounted, 0) === 1,
    triggers: triggers.usedCount(),
  });
  return { ready: settled, usage, stop };
}

function isPressureMessage(message: unknown): message is PressureMessage {
  return typeof message === 'object' && message !== null && 'pressure' in message;
}

function closeReleased(triggers: TriggerTable): void {
  for (const { slot, fd } of triggers.takeReleased()) {
    closeInBackground(fd, () => setTimeout(() => triggers.free(slot), cooldownMsec).unref());
  }
}
