// A serving thread: puts the file system together from the plain values it was
// started with, then serves until the connection ends.

import { readLayout } from '../cgroup/read-layout.ts';
import { Session } from '../fuse/session.ts';
import { HostFiles } from '../host/host-files.ts';
import { KeptCpuinfo } from '../host/kept-cpuinfo.ts';
import * as clock from '../kernel/clock.ts';
import { threadData } from '../kernel/threads.ts';
import { directories } from '../procfs/catalogue.ts';
import { Containers } from '../procfs/containers.ts';
import { generatedFiles } from '../procfs/generated-files.ts';
import { chooseStrategy } from '../reader/choose-strategy.ts';
import { ReaderResolver } from '../reader/resolver.ts';
import { DevFuseChannel } from '../transport/dev-fuse.ts';
import { serve } from '../transport/serve.ts';
import { GeneratedFileSystem } from '../vfs/generated-file-system.ts';
import { OpenFiles } from '../vfs/open-files.ts';
import { Tree } from '../vfs/tree.ts';
import { SharedCpuTimes } from '../view/shared-cpu-times.ts';
import { ControlBlock } from './control-block.ts';
import { shownMemoryOf } from './serve-options.ts';
import { ThreadLog } from './thread-log.ts';
import type { WorkerStart } from './worker-start.ts';

function fileSystemOf(start: WorkerStart, log: ThreadLog): GeneratedFileSystem {
  const { options, memory, thread } = start;
  const { strategy } = chooseStrategy(options.resolver);
  const resolver = new ReaderResolver({
    strategy,
    cacheTtlMsec: options.initCacheTtlMsec,
    onFailure: (error) => log.lookupFailed(strategy.name, error),
  });
  const layout = readLayout();
  const host = new HostFiles();
  const files = generatedFiles(resolver, {
    containers: new Containers(layout, clock),
    sources: {
      host,
      cpuinfo: new KeptCpuinfo({ host, clock }),
      clock,
      cpuPolicy: options.cpus,
      shownMemory: shownMemoryOf(options),
      cpuTimes: new SharedCpuTimes(memory.cpuTimes, thread),
    },
    report: (entry, reader, error) => log.fallback(entry.path, reader, error),
  });
  return new GeneratedFileSystem(
    new Tree(directories, files, start.startTimeSec),
    new OpenFiles(memory.openFiles, thread),
  );
}

const start = threadData() as WorkerStart;
const log = new ThreadLog();
const session = new Session(fileSystemOf(start, log), (error, header) => log.failed(error, header));
const inFlight = new ControlBlock(start.memory.control).inFlightOf(start.thread - 1);
serve(new DevFuseChannel(start.fuseFd), session, inFlight);
