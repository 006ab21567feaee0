// In the place of a copy's dist/daemon/worker.js: the same, but what is made for the container
// whose init's pid is in the file "poison" of the copy kills the server.

import { readFileSync } from 'node:fs';
import { hostResolver, makeSession, resolver, serveWith, textParts } from './copied-worker.mjs';

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
const parts = { textParts: { ...textParts, containers: deadly } };

serveWith({
  makeSession: () => makeSession({ ...parts, resolver }),
  makeHostSession: () => makeSession({ ...parts, resolver: hostResolver() }),
});
