import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { pino } from 'pino';
import { afterEach, expect, test } from 'vitest';
import { blameThread, blameUnanswered } from '../../../src/daemon/blame.ts';
import { Journal } from '../../../src/daemon/journal.ts';
import { Poison } from '../../../src/daemon/poison.ts';
import { inodeOf, readNamespaceLink } from '../../../src/kernel/process.ts';
import { findDescendants } from '../../support/processes.ts';
import { missing } from '../../support/requirements.ts';
import { makeTeardown } from '../../support/teardown.ts';

const teardown = makeTeardown();
afterEach(() => teardown.run());

function makeConnection() {
  const journal = new Journal(new SharedArrayBuffer(Journal.region('journal').byteLength));
  const poison = new Poison(new SharedArrayBuffer(Poison.region.byteLength));
  const logged: string[] = [];
  const log = pino({}, { write: (line: string) => logged.push(line) });
  /** As it is when a reader has asked. */
  const take = (thread: number, unique: bigint, callerTid = 0) => {
    const request = journal.requestOf(thread);
    request.writeUInt32LE(40, 0);
    request.writeUInt32LE(callerTid, 32);
    request.writeBigUInt64LE(unique, 8);
  };
  return { journal, poison, log, logged, take };
}

type Connection = ReturnType<typeof makeConnection>;

/** So many requests of the thread's, each of which kills twice. */
function killBy({ poison, take, ...rest }: Connection, callerTid: number, requests: number): void {
  poison.forgetRequests();
  for (let count = 1; count <= requests; count++) {
    const unique = BigInt(2 * count);
    take(1, unique, callerTid);
    for (let death = 0; death < 2; death++) {
      poison.awaitTurn(unique);
      blameThread({ poison, ...rest }, 1);
    }
  }
}

/** The init of a pid namespace of its own. */
async function startContainer(): Promise<number> {
  const argv = ['-p', '--fork', '--kill-child', 'sh', '-c', 'echo begun; exec sleep 60'];
  const child = spawn('unshare', argv, { stdio: ['ignore', 'pipe', 'inherit'] });
  teardown.add(() => child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  const [init = 0] = findDescendants(child.pid ?? 0);
  return init;
}

test('blameUnanswered() counts a request once, also one that is in two slots', () => {
  const { journal, poison, take } = makeConnection();
  take(0, 4n);
  take(3, 4n);
  take(5, 6n);
  blameUnanswered([{ journal, poison }]);
  expect([4n, 6n, 8n].map((unique) => poison.deathsOf(unique))).toEqual([1, 1, 0]);
  // Nothing has been tried again so far.
  blameUnanswered([{ journal, poison }]);
  expect(poison.deathsOf(4n)).toBe(1);
  poison.awaitTurn(4n);
  blameUnanswered([{ journal, poison }]);
  expect([poison.deathsOf(4n), poison.deathsOf(6n)]).toEqual([2, 1]);
});

test('blameThread() says whether the thread was at a request', () => {
  const connection = makeConnection();
  connection.take(2, 4n);
  expect([blameThread(connection, 1), blameThread(connection, 2)]).toEqual([false, true]);
  expect(connection.poison.deathsOf(4n)).toBe(1);
});

test('readers on the host, and those that have ended, are in no quarantine', () => {
  const connection = makeConnection();
  killBy(connection, process.pid, 4);
  killBy(connection, 2 ** 22 + 1, 4);
  killBy(connection, 0, 4);
  expect(connection.poison.quarantine.list()).toEqual([]);
});

test('a container is after three requests that kill threads, and that is logged', async (ctx) => {
  const lacking = missing('root');
  ctx.skip(lacking !== undefined, lacking);
  const connection = makeConnection();
  const pid = await startContainer();
  const pidnsInode = inodeOf(readNamespaceLink(`/proc/${pid}`, 'pid') ?? '');
  killBy(connection, pid, 2);
  expect(connection.poison.quarantine.has(pidnsInode)).toBe(false);
  killBy(connection, pid, 1);
  expect(connection.poison.quarantine.has(pidnsInode)).toBe(true);
  expect(connection.logged.filter((line) => line.includes(String(pidnsInode)))).toHaveLength(1);
});
