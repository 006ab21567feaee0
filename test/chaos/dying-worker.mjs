// In the place of a copy's dist/daemon/worker.js: the same, but as long as the copy has a file
// "dying" each thread dies that has made an answer, and each that starts.

import { existsSync } from 'node:fs';

function dieWhenAsked() {
  if (existsSync(new URL('../../dying', import.meta.url))) throw new Error('asked to die');
}

dieWhenAsked();
const { channel, serveWith } = await import('./copied-worker.mjs');

serveWith({
  channel: {
    receive: (/** @type {Buffer} */ into) => channel.receive(into),
    send: (/** @type {Buffer} */ reply, /** @type {number} */ length) => {
      dieWhenAsked();
      return channel.send(reply, length);
    },
  },
});
