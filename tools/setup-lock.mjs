// One set-up at a time in a clone. The lock is a socket name in the abstract namespace: the kernel
// frees it when its owner ends, however that happens, so there is no stale lock to recognise.
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Runs `body` while no other set-up of the clone at `root` runs, and waits for one that does.
 * @param {string} root
 * @param {(text: string) => void} say
 * @param {() => void} body
 */
export async function withSetupLock(root, say, body) {
  const name = `\0nsproc-setup-${createHash('sha256').update(root).digest('hex').slice(0, 16)}`;
  let lock = await tryListen(name);
  if (lock === undefined) say('waiting for another set-up of this clone');
  while (lock === undefined) {
    await sleep(200);
    lock = await tryListen(name);
  }
  try {
    body();
  } finally {
    lock.close();
  }
}

/**
 * The listening server, or undefined when another process has the name.
 * @param {string} name
 */
async function tryListen(name) {
  const server = createServer((connection) => connection.destroy());
  server.listen(name);
  try {
    await once(server, 'listening');
    return server;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') return undefined;
    throw error;
  }
}
