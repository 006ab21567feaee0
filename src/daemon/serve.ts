// `nsproc serve`: mounts, runs the serving threads, and ends cleanly.

import { setTimeout as sleep } from 'node:timers/promises';
import { readLayout } from '../cgroup/read-layout.ts';
import { HostFiles } from '../host/host-files.ts';
import { readPossibleCpuCount } from '../host/online-cpus.ts';
import { realtimeUsec } from '../kernel/clock.ts';
import { openFuseDevice } from '../kernel/fuse-device.ts';
import { hasCapability } from '../kernel/machine.ts';
import { mountFuse } from '../kernel/mounts.ts';
import { randomHalves } from '../kernel/random.ts';
import { chooseStrategy, type StrategyChoice } from '../reader/choose-strategy.ts';
import { OpenFiles } from '../vfs/open-files.ts';
import { SharedCpuTimes } from '../view/shared-cpu-times.ts';
import { type RunningControl, startControl } from './control.ts';
import { ControlBlock } from './control-block.ts';
import { endMount } from './end-mount.ts';
import { readSight } from './host-check.ts';
import { type LoadSampling, startLoadSampling } from './load-sampling.ts';
import type { Log } from './log.ts';
import { claimMountPoint, StartError } from './mount-point.ts';
import { type RunningPressure, startPressure } from './pressure.ts';
import type { ServeOptions } from './serve-options.ts';
import { commonSources } from './status-sources.ts';
import { Switches } from './switches.ts';
import { WorkerPool } from './worker-pool.ts';
import type { SharedMemory } from './worker-start.ts';

/** The main thread's number as the owner of a lock; workers count from 1. */
const mainThread = 1_000_000;

export interface RunningDaemon {
  /** Resolves when the connection has ended: after stop(), or when somebody unmounted it. */
  readonly ended: Promise<void>;
  /** Answers what was asked, unmounts, and ends the threads. */
  stop(): Promise<void>;
}

/** Starts the daemon. Throws StartError with what to do when it can't run here. */
export function startDaemon(options: ServeOptions, log: Log): RunningDaemon {
  requireSight();
  const { strategy } = chosenStrategy(options.resolver);
  claimMountPoint(options.mountPoint, log);
  const fuseFd = mountedDevice(options.mountPoint);
  const loads = startLoadSampling(mainThread, log);
  const memory = {
    control: ControlBlock.allocate(options.workers),
    openFiles: OpenFiles.allocate(),
    cpuTimes: SharedCpuTimes.allocate(readPossibleCpuCount(new HostFiles()), randomHalves()),
    loads: loads.memory,
    switches: Switches.allocate(),
  };
  const control = new ControlBlock(memory.control);
  const start = { memory, options, startTimeSec: Math.floor(realtimeUsec() / 1e6) };
  const pool = new WorkerPool({
    module: new URL('./worker.js', import.meta.url),
    start: { ...start, fuseFd },
    count: options.workers,
    control,
    recover: recoveryOf(memory, loads),
    log,
  });
  pool.startAll();
  const pressure = startPressure(start, log);
  const { mountPoint, workers, cpus, swap, zswap } = options;
  const asked = startAnswering({ options, log, strategy, memory, control, pool, pressure });
  for (const { detail, advice } of readSight(readLayout(), mountPoint)) {
    log.warn({ advice }, detail);
  }
  void Promise.resolve(pressure?.ready).then(() =>
    log.info({ mountPoint, workers, resolver: strategy.name, cpus, swap, zswap }, 'serving'),
  );
  return {
    ended: pool.ended.then(() => {
      loads.stop();
      asked.close();
      return endPressure(pressure);
    }),
    stop: async () => {
      const isPressureIdle = (await pressure?.stop()) ?? true;
      await stop({ mountPoint, pool, control, log, isPressureIdle });
    },
  };
}

interface Serving {
  readonly options: ServeOptions;
  readonly log: Log;
  readonly strategy: StrategyChoice['strategy'];
  readonly memory: SharedMemory;
  readonly control: ControlBlock;
  readonly pool: WorkerPool;
  readonly pressure: RunningPressure | undefined;
}

/** On the control socket, from here on. */
function startAnswering(serving: Serving): RunningControl {
  const { options, log, strategy, memory, control, pool, pressure } = serving;
  const switches = new Switches(memory.switches, options);
  const openFiles = new OpenFiles(memory.openFiles, mainThread);
  const sources = commonSources({
    mountPoint: options.mountPoint,
    resolver: strategy.name,
    switches,
    records: () => control.records(),
    living: () => pool.living(),
    openFiles: () => openFiles.usage(),
    pressure: () => pressure?.usage(),
  });
  return startControl({ mountPoint: options.mountPoint, switches, sources, log });
}

/** Puts right what a thread that died may have left half-done. */
function recoveryOf(memory: SharedMemory, loads: LoadSampling): (thread: number) => void {
  const openFiles = new OpenFiles(memory.openFiles, mainThread);
  const cpuTimes = new SharedCpuTimes(memory.cpuTimes, mainThread);
  return (thread) => {
    openFiles.recover(thread);
    cpuTimes.recover(thread);
    loads.recover(thread);
  };
}

const pressurePatienceMsec = 2000;

/** When the tree's connection has ended, nobody else will take the pressure files out of it. */
async function endPressure(pressure: RunningPressure | undefined): Promise<void> {
  // Its mount may be out of reach by now: then it ends with the process.
  const patience = sleep(pressurePatienceMsec, undefined, { ref: false });
  await Promise.race([pressure?.stop(), patience]);
}

/** Without it no container is ever known, and all of them would silently get the host's files. */
function requireSight(): void {
  if (hasCapability('CAP_SYS_PTRACE')) return;
  throw new StartError(
    "Cannot see the namespaces of other users' processes: CAP_SYS_PTRACE is not held. " +
      'Run as root, in a container with --privileged or --cap-add.',
  );
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function chosenStrategy(resolver: ServeOptions['resolver']): StrategyChoice {
  try {
    return chooseStrategy(resolver);
  } catch (error) {
    throw new StartError(reasonOf(error));
  }
}

function mountedDevice(mountPoint: string): number {
  try {
    const fd = openFuseDevice();
    mountFuse(fd, mountPoint);
    return fd;
  } catch (error) {
    throw new StartError(`${reasonOf(error)}. Run "nsproc doctor" to see what is missing.`);
  }
}

interface Ending {
  readonly mountPoint: string;
  readonly pool: WorkerPool;
  readonly control: ControlBlock;
  readonly log: Log;
  /** Whether no container had the pressure files. */
  readonly isPressureIdle: boolean;
}

/** The files that containers have fail with ENOTCONN from here on; the log says how that came about. */
async function stop({ mountPoint, pool, control, log, isPressureIdle }: Ending): Promise<void> {
  pool.stopReplacing();
  const wasIdle = (await endMount(mountPoint, control)) && isPressureIdle;
  const fields = { mountPoint, answered: control.answered() };
  if (wasIdle) log.info(fields, 'unmounted');
  else {
    log.warn(
      fields,
      'still in use; containers that have its files mounted must be restarted to get them again',
    );
  }
  await pool.ended;
}
