// Threads that die with a request in hand: it is answered by a thread that comes later, or by the
// next server when this one dies before. Of what a thread has taken older kernels know nothing more,
// so there the reader would wait for ever.

import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { kibOf } from '../support/proc-texts.ts';
import { missing } from '../support/requirements.ts';
import { makeTeardown } from '../support/teardown.ts';
import { slowness } from './chaos-length.ts';
import { type CrowdMember, joinCrowd } from './crowd.ts';
import { readResources } from './resources.ts';
import { copyServer } from './server-copy.ts';
import { type Session, startSession, until } from './session.ts';

const lacking = missing('root', 'fuse', 'cgroup:memory');
const teardown = makeTeardown();
beforeEach((ctx) => ctx.skip(lacking !== undefined, lacking));
afterEach(() => teardown.run());

/** After so many the next thread is started some 100 ms later. */
const losses = 5;
/** Fewer than a thread that serves a container has for it and of the host. */
const fdsOfThread = 8;
const patience = { timeout: 60_000 * slowness };

interface Scene {
  readonly session: Session;
  readonly member: CrowdMember;
  /** Of a reader whose request has cost a thread, and each one that was to replace it. */
  readonly memTotalKib: Promise<number | undefined>;
  /** Which the server had open when all its threads had answered that reader. */
  readonly fdsBefore: number;
  /** Threads live from here on. */
  mend(): void;
}

async function loseThreads(hasResend: boolean): Promise<Scene> {
  const copy = copyServer(teardown);
  copy.useWorker('dying-worker.mjs');
  if (!hasResend) copy.forgetResend();
  const dying = join(copy.directory, 'dying');
  const session = await startSession(teardown, (mountPoint) => copy.argv(mountPoint));
  const options = { mountPoint: session.mountPoint, pauseMsec: 0, isSilent: true };
  const member = await joinCrowd(teardown, options);
  const argv = ['cat', '/proc/meminfo'];
  for (let time = 0; time < 20; time++) await member.container.exec(argv);
  const fdsBefore = readResources(session).serverFds;
  writeFileSync(dying, '');
  const reading = member.container.exec(argv, { timeoutMsec: 30_000 * slowness });
  const lost = () => session.log().split('lost a worker').length - 1;
  await until('threads are lost', () => lost() >= losses);
  return {
    session,
    member,
    fdsBefore,
    memTotalKib: reading.then(({ stdout }) => kibOf(stdout, 'MemTotal')),
    mend: () => rmSync(dying),
  };
}

describe.each([
  ['this kernel', true],
  ['a kernel without FUSE_NOTIFY_RESEND', false],
])('a request whose thread died, on %s', (_, hasResend) => {
  it('is answered by the thread that replaces it in the end', patience, async () => {
    const { member, memTotalKib, mend } = await loseThreads(hasResend);
    mend();
    expect(await memTotalKib).toBe(member.memoryKib);
  });

  it('leaves nothing open, however many threads it has cost', patience, async () => {
    const { session, memTotalKib, fdsBefore, mend } = await loseThreads(hasResend);
    mend();
    await memTotalKib;
    // Those of the threads that serve now, and are at work, differ by some.
    expect(readResources(session).serverFds).toBeLessThan(fdsBefore + fdsOfThread);
  });

  it('is answered when the server dies before there is one', patience, async () => {
    const { session, member, memTotalKib, mend } = await loseThreads(hasResend);
    const server = session.serverPid();
    mend();
    process.kill(server, 'SIGKILL');
    expect(await memTotalKib).toBe(member.memoryKib);
    expect(session.deaths()).toBe(1);
  });
});
