// In the place of a copy's dist/daemon/worker.js: the same, but what is made for the container
// whose init's pid is in the file "poison" of the copy kills the server.

import { readFileSync } from 'node:fs';

/** A module of the copy. @type {(path: string) => Promise<any>} */
const from = (path) => import(new URL(path, import.meta.url).href);
const { Session } = await from('../fuse/session.js');
const { viewMapping } = await from('../kernel/mapped-memory.js');
const { threadData } = await from('../kernel/threads.js');
const { DevFuseChannel } = await from('../transport/dev-fuse.js');
const { OpenFiles } = await from('../vfs/open-files.js');
const { makeFileSystem } = await from('./file-system.js');
const { serveWhenOpen } = await from('./serve-when-open.js');
const { ThreadLog } = await from('./thread-log.js');
const { threadParts } = await from('./thread-parts.js');

const start = threadData();
const log = new ThreadLog();
const openFiles = new OpenFiles(viewMapping(start.memory.openFiles), start.thread);
const { resolver, hostResolver, textParts } = threadParts(start, log);
const { containers } = textParts;

const deadly = {
  /** @param {any} reader */
  of(reader) {
    const pid = readFileSync(new URL('../../poison', import.meta.url), 'latin1').trim();
    if (String(reader.initPid) === pid) process.kill(process.pid, 'SIGKILL');
    return containers.of(reader);
  },
  reopened: (/** @type {any} */ reader) => containers.reopened(reader),
  close: () => containers.close(),
};

/** @type {(whoReads: object) => any} */
function makeSession(whoReads) {
  const fileSystem = makeFileSystem({
    resolver: whoReads,
    textParts: { ...textParts, containers: deadly },
    openFiles,
    timeSec: start.startTimeSec,
  });
  return new Session(fileSystem, (/** @type {unknown} */ error, /** @type {any} */ header) =>
    log.failed(error, header),
  );
}

serveWhenOpen(start, log, {
  connection: 'tree',
  channel: new DevFuseChannel(start.fuseFd),
  session: makeSession(resolver),
  makeHostSession: () => makeSession(hostResolver()),
});
