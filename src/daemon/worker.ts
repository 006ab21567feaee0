// A serving thread of the read-only tree: serves until the connection ends.

import { Session } from '../fuse/session.ts';
import { viewMapping } from '../kernel/mapped-memory.ts';
import { threadData } from '../kernel/threads.ts';
import type { ReaderResolver } from '../reader/resolver.ts';
import { DevFuseChannel } from '../transport/dev-fuse.ts';
import { OpenFiles } from '../vfs/open-files.ts';
import { makeFileSystem } from './file-system.ts';
import { serveWhenOpen } from './serve-when-open.ts';
import { ThreadLog } from './thread-log.ts';
import { threadParts } from './thread-parts.ts';
import type { WorkerStart } from './worker-start.ts';

const start = threadData() as WorkerStart;
const log = new ThreadLog();
const openFiles = new OpenFiles(viewMapping(start.memory.openFiles), start.thread);
const { resolver, hostResolver, textParts, giveBackFds } = threadParts(start, log);

function makeSession(whoReads: ReaderResolver): Session {
  const fileSystem = makeFileSystem({
    resolver: whoReads,
    textParts,
    openFiles,
    timeSec: start.startTimeSec,
  });
  return new Session(fileSystem, (error, header) => log.failed(error, header));
}

serveWhenOpen(start, log, {
  connection: 'tree',
  channel: new DevFuseChannel(start.fuseFd),
  makeSession: () => makeSession(resolver),
  makeHostSession: () => makeSession(hostResolver()),
  giveBackFds,
});
