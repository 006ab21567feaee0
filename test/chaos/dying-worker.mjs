// In the place of a copy's dist/daemon/worker.js: the same, but as long as the copy has a file
// "dying" each thread dies that has made an answer, and each that starts.

import { existsSync } from 'node:fs';

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

function dieWhenAsked() {
  if (existsSync(new URL('../../dying', import.meta.url))) throw new Error('asked to die');
}

dieWhenAsked();
const start = threadData();
const log = new ThreadLog();
const openFiles = new OpenFiles(viewMapping(start.memory.openFiles), start.thread);
const { resolver, hostResolver, textParts } = threadParts(start, log);

const device = new DevFuseChannel(start.fuseFd);
const channel = {
  receive: (/** @type {Buffer} */ into) => device.receive(into),
  send: (/** @type {Buffer} */ reply, /** @type {number} */ length) => {
    dieWhenAsked();
    return device.send(reply, length);
  },
};

/** @type {(whoReads: object) => any} */
function makeSession(whoReads) {
  const fileSystem = makeFileSystem({
    resolver: whoReads,
    textParts,
    openFiles,
    timeSec: start.startTimeSec,
  });
  return new Session(fileSystem, (/** @type {unknown} */ error, /** @type {any} */ header) =>
    log.failed(error, header),
  );
}

serveWhenOpen(start, log, {
  connection: 'tree',
  channel,
  session: makeSession(resolver),
  makeHostSession: () => makeSession(hostResolver()),
});
