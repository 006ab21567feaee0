// A serving thread of the read-only tree: serves until the connection ends.

import { Session } from '../fuse/session.ts';
import { SystemDevices } from '../host/system-devices.ts';
import { threadData } from '../kernel/threads.ts';
import { directories } from '../procfs/catalogue.ts';
import { generatedFiles } from '../procfs/generated-files.ts';
import { systemDirectories } from '../sysfs/directories.ts';
import { SystemTree } from '../sysfs/system-tree.ts';
import { DevFuseChannel } from '../transport/dev-fuse.ts';
import { serve } from '../transport/serve.ts';
import { GeneratedFileSystem } from '../vfs/generated-file-system.ts';
import { OpenFiles } from '../vfs/open-files.ts';
import { Tree } from '../vfs/tree.ts';
import { ControlBlock } from './control-block.ts';
import { ThreadLog } from './thread-log.ts';
import { threadParts } from './thread-parts.ts';
import type { WorkerStart } from './worker-start.ts';

function fileSystemOf(start: WorkerStart, log: ThreadLog): GeneratedFileSystem {
  const { resolver, textParts } = threadParts(start, log);
  const { startTimeSec: timeSec } = start;
  const host = new SystemDevices();
  const allDirectories = [...directories, ...systemDirectories(host)];
  return new GeneratedFileSystem(
    new Tree(allDirectories, generatedFiles(resolver, textParts), timeSec),
    new OpenFiles(start.memory.openFiles, start.thread),
    new SystemTree({ host, resolver, textParts, timeSec }),
  );
}

const start = threadData() as WorkerStart;
const log = new ThreadLog();
const session = new Session(fileSystemOf(start, log), (error, header) => log.failed(error, header));
const inFlight = new ControlBlock(start.memory.control).inFlightOf(start.thread - 1);
serve(new DevFuseChannel(start.fuseFd), session, inFlight);
