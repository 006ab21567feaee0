// In the place of a copy's dist/daemon/worker.js: the same parts, put together so that now and then
// one of them throws, each layer in its turn. The file "faults" of the copy tells which did.

import { appendFileSync } from 'node:fs';

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

/** So many calls between two faults; a request is a few dozen. */
const callsBetween = 400;
const layers = ['view', 'host', 'cgroup', 'procfs', 'reader', 'vfs', 'tree', 'fuse', 'transport'];
let calls = 0;
let turn = 0;

/** @type {(layer: string, name: PropertyKey) => void} */
function passOrThrow(layer, name) {
  calls++;
  if (calls < callsBetween || layers[turn % layers.length] !== layer) return;
  calls = 0;
  turn++;
  appendFileSync(new URL('../../faults', import.meta.url), `${layer}\n`);
  throw new Error(`a fault in ${layer}: ${String(name)}`);
}

/**
 * The object, some of whose calls throw instead, or afterwards; `wrap` is for what they return.
 *
 * @param {string} layer
 * @param {object} object
 */
function faulty(layer, object, wrap = (/** @type {any} */ value) => value) {
  return new Proxy(object, {
    get(target, name) {
      const value = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      return (/** @type {unknown[]} */ ...given) => {
        if (turn % 2 === 0) passOrThrow(layer, name);
        const result = value.apply(target, given);
        if (turn % 2 === 1) passOrThrow(layer, name);
        return wrap(result);
      };
    },
  });
}

const known = new WeakMap();

/**
 * A container whose cgroup is faulty; it is the same one each time it is asked for.
 *
 * @param {any} container
 */
function faultyContainer(container) {
  if (!known.has(container)) {
    const cgroup = faulty('cgroup', container.cgroup);
    known.set(
      container,
      new Proxy(container, {
        get(target, name) {
          const value = name === 'cgroup' ? cgroup : Reflect.get(target, name, target);
          return typeof value === 'function' ? value.bind(target) : value;
        },
        set: (target, name, value) => Reflect.set(target, name, value, target),
      }),
    );
  }
  return known.get(container);
}

const start = threadData();
const log = new ThreadLog();
const openFiles = faulty('vfs', new OpenFiles(viewMapping(start.memory.openFiles), start.thread));
const { resolver, hostResolver, textParts } = threadParts(start, log);
const { containers, sources, report } = textParts;
const faultySources = new Proxy(sources, {
  get(target, name) {
    const value = Reflect.get(target, name, target);
    if (name === 'host') return faulty('host', value);
    return name === 'cpuTimes' ? faulty('view', value) : value;
  },
});

/** @type {(whoReads: object, parts: object) => any} */
function makeSession(whoReads, parts) {
  const fileSystem = makeFileSystem({
    resolver: whoReads,
    textParts: parts,
    openFiles,
    timeSec: start.startTimeSec,
  });
  return new Session(
    faulty('tree', fileSystem),
    (/** @type {unknown} */ error, /** @type {any} */ header) => log.failed(error, header),
  );
}

const parts = {
  containers: faulty(
    'procfs',
    containers,
    (/** @type {any} */ result) => result && faultyContainer(result),
  ),
  sources: faultySources,
  report,
};
serveWhenOpen(start, log, {
  connection: 'tree',
  channel: faulty('transport', new DevFuseChannel(start.fuseFd)),
  session: faulty('fuse', makeSession(faulty('reader', resolver), parts)),
  makeHostSession: () => makeSession(hostResolver(), textParts),
});
