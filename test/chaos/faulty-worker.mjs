// In the place of a copy's dist/daemon/worker.js: the same parts, put together so that now and then
// one of them throws, each layer in its turn. The file "faults" of the copy tells which did.

import { appendFileSync } from 'node:fs';
import {
  channel,
  hostResolver,
  makeSession,
  openFiles,
  resolver,
  serveWith,
  textParts,
} from './copied-worker.mjs';

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

const { containers, sources, ...reports } = textParts;
const faultySources = new Proxy(sources, {
  get(target, name) {
    const value = Reflect.get(target, name, target);
    if (name === 'host') return faulty('host', value);
    return name === 'cpuTimes' ? faulty('view', value) : value;
  },
});
const faultyContainers = faulty(
  'procfs',
  containers,
  (/** @type {any} */ result) => result && faultyContainer(result),
);
const always = {
  openFiles: faulty('vfs', openFiles),
  wrapTree: (/** @type {object} */ tree) => faulty('tree', tree),
};
const session = makeSession({
  ...always,
  resolver: faulty('reader', resolver),
  textParts: { containers: faultyContainers, sources: faultySources, ...reports },
});

serveWith({
  channel: faulty('transport', channel),
  makeSession: () => faulty('fuse', session),
  makeHostSession: () => makeSession({ ...always, resolver: hostResolver() }),
});
