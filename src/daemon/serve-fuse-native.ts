// `nsproc serve --transport fuse-native`: the same files on another transport, which serves on
// this thread. What it cannot do: see `limits`.

import { readLayout } from '../cgroup/read-layout.ts';
import { realtimeUsec } from '../kernel/clock.ts';
import { viewMapping } from '../kernel/mapped-memory.ts';
import { realPathOf } from '../kernel/mounts.ts';
import { mountFuseNative, type PathMount, type PathMountPlan } from '../transport/fuse-native.ts';
import { type LoadedFuseNative, loadFuseNative } from '../transport/fuse-native-package.ts';
import { OpenFiles } from '../vfs/open-files.ts';
import { type RunningControl, startControl } from './control.ts';
import { RequestError } from './control-commands.ts';
import { countUses, deviceAt, endedOrEnd, endMount, logEnd, type OwnMount } from './end-mount.ts';
import { makeFileSystem } from './file-system.ts';
import { readSight } from './host-check.ts';
import { startLoadSampling } from './load-sampling.ts';
import type { Log } from './log.ts';
import { claimMountPoint } from './mount-point.ts';
import type { RunningDaemon } from './serve.ts';
import type { ServeOptions } from './serve-options.ts';
import { openServerMemory } from './server-memory.ts';
import { chosenStrategy, reasonOf, requireSight } from './start-checks.ts';
import { StartError } from './start-error.ts';
import { commonSources } from './status-sources.ts';
import type { Supervisor } from './supervisor.ts';
import { Switches } from './switches.ts';
import { ThreadLog } from './thread-log.ts';
import { threadParts } from './thread-parts.ts';
import type { SharedMemory } from './worker-start.ts';

/** The numbers of threads as owners of a lock. */
const mainThread = 1_000_000;
const servingThread = 1;

const limits =
  'fuse-native: if the daemon dies, its files fail until the containers are restarted, and ' +
  'pressure files take no triggers; --transport dev-fuse has neither limit';

/** Starts the daemon. Throws StartError, or `ended` rejects with one, when it can't run here. */
export function startFuseNativeDaemon(
  options: ServeOptions,
  log: Log,
  supervisor: Supervisor,
): RunningDaemon {
  requireSight();
  const strategy = chosenStrategy(options.resolver);
  const { mountPoint, cpus, swap, zswap } = options;
  const loaded = loadedPackage();
  claimMountPoint(mountPoint, log);
  const { shared: memory } = openServerMemory(undefined);
  const loads = startLoadSampling(memory.loads, mainThread, log);
  const mount = mountFuseNative(loaded, mountPlan(options, memory, log));
  const asked = startAnswering({ options, log, memory, mount, resolver: strategy.name });
  for (const { detail, advice } of readSight(readLayout(), mountPoint)) {
    log.warn({ advice }, detail);
  }
  let refusal: StartError | undefined;
  let device: string | undefined;
  const mounted = mount.mounted.then(
    () => {
      device = deviceAt(mountPoint);
      log.info(limits);
      const fields = { mountPoint, transport: 'fuse-native', resolver: strategy.name };
      log.info({ ...fields, cpus, swap, zswap }, 'serving');
      supervisor.ready(mountPoint);
    },
    (error: unknown) => {
      const what = `Cannot mount at ${mountPoint}: ${reasonOf(error)}`;
      refusal = new StartError(`${what}. Run "nsproc doctor" to see what is missing.`);
    },
  );
  const end = async (): Promise<void> => {
    await mount.ended;
    loads.stop();
    asked.close();
    if (refusal !== undefined) throw refusal;
  };
  const stopIfMounted = async (): Promise<void> => {
    await mounted;
    const own = { directory: realPathOf(mountPoint), device };
    if (refusal === undefined) await stop(own, mount, log);
  };
  return { ended: end(), stop: stopIfMounted };
}

function loadedPackage(): LoadedFuseNative {
  try {
    return loadFuseNative();
  } catch (error) {
    const why = reasonOf(error);
    throw new StartError(`Cannot use fuse-native: ${why}. Or use --transport dev-fuse.`);
  }
}

function mountPlan(options: ServeOptions, memory: SharedMemory, log: Log): PathMountPlan {
  const threadLog = new ThreadLog(({ level, fields, message }) => log[level](fields, message));
  const startTimeSec = Math.floor(realtimeUsec() / 1e6);
  const start = { memory, options, startTimeSec, thread: servingThread };
  const parts = threadParts(start, threadLog);
  const fileSystem = makeFileSystem({
    ...parts,
    openFiles: new OpenFiles(viewMapping(memory.openFiles), servingThread),
    timeSec: startTimeSec,
  });
  return {
    directory: options.mountPoint,
    fileSystem,
    giveBackFds: parts.giveBackFds,
    reportError: (error, request) => threadLog.failed(error, request),
  };
}

interface Serving {
  readonly options: ServeOptions;
  readonly log: Log;
  readonly memory: SharedMemory;
  readonly mount: PathMount;
  readonly resolver: string;
}

/** On the control socket, from here on. */
function startAnswering({ options, log, memory, mount, resolver }: Serving): RunningControl {
  const { mountPoint } = options;
  const switches = new Switches(viewMapping(memory.switches), options);
  const openFiles = new OpenFiles(viewMapping(memory.openFiles), mainThread);
  const sources = commonSources({
    mountPoint,
    resolver,
    switches,
    // It answers on this thread, so it is not at a request while it says so.
    records: () => [{ answered: mount.answered(), isBusy: false }],
    living: () => 1,
    openFiles: () => openFiles.usage(),
    pressure: () => undefined,
  });
  const upgrade = (): never => {
    throw new RequestError('fuse-native cannot hand its connection on: stop it and start it again');
  };
  return startControl({ mountPoint, switches, sources, commands: { upgrade }, log });
}

async function stop(own: OwnMount, mount: PathMount, log: Log): Promise<void> {
  const uses = countUses(own);
  // A request that JavaScript has is answered before anything else runs on this thread.
  const wasIdle = await endMount(own, { unanswered: () => [] });
  const fields = { mountPoint: own.directory, answered: mount.answered() };
  logEnd(log, wasIdle !== false && uses === 0, fields);
  await endedOrEnd(mount.ended, wasIdle);
}
