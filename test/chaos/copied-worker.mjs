// What a thread of the daemon is made of, for those that a test puts together in another way: beside
// them in the place of a copy's dist/daemon/worker.js, so all of it is the copy's.

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

/** As the daemon makes them. */
export const openFiles = new OpenFiles(viewMapping(start.memory.openFiles), start.thread);
const { giveBackFds, ...threadsOwn } = threadParts(start, log);
export const { resolver, hostResolver, textParts } = threadsOwn;
export const channel = new DevFuseChannel(start.fuseFd);

/**
 * A session of these, and of the rest as the daemon makes it.
 *
 * @param {{ resolver: any, textParts?: any, openFiles?: any, wrapTree?: (tree: any) => any }} parts
 * @returns {any}
 */
export function makeSession(parts) {
  const { wrapTree = (tree) => tree, ...others } = parts;
  const fileSystem = makeFileSystem({
    textParts,
    openFiles,
    timeSec: start.startTimeSec,
    ...others,
  });
  return new Session(
    wrapTree(fileSystem),
    (/** @type {unknown} */ error, /** @type {any} */ header) => log.failed(error, header),
  );
}

/**
 * Serves with them, and what they lack as the daemon makes it.
 *
 * @param {{ channel?: any, makeSession?: () => any, makeHostSession?: () => any }} parts
 */
export function serveWith(parts) {
  serveWhenOpen(start, log, {
    connection: 'tree',
    channel,
    makeSession: () => makeSession({ resolver }),
    makeHostSession: () => makeSession({ resolver: hostResolver() }),
    giveBackFds,
    ...parts,
  });
}
