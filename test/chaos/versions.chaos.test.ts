// Servers that cannot start, and servers of other versions: containers go on reading.

import {
  closeSync,
  existsSync,
  openSync,
  readdirSync,
  readlinkSync,
  renameSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { askDaemon } from '../../src/daemon/control-client.ts';
import { hostKibOf } from '../support/host.ts';
import { kibOf } from '../support/proc-texts.ts';
import { missing } from '../support/requirements.ts';
import { signalIfThere } from '../support/serving-processes.ts';
import { makeTeardown } from '../support/teardown.ts';
import { slowness } from './chaos-length.ts';
import { type CrowdMember, joinCrowd } from './crowd.ts';
import { copyServer, type ServerCopy } from './server-copy.ts';
import { type Session, startSession, until } from './session.ts';

const lacking = missing('root', 'fuse', 'cgroup:memory');
const teardown = makeTeardown();
beforeEach((ctx) => ctx.skip(lacking !== undefined, lacking));
afterEach(() => teardown.run());
const patience = { timeout: 120_000 * slowness };

async function totalKibIn({ container }: CrowdMember): Promise<number | undefined> {
  const { stdout, status } = await container.exec(['cat', '/proc/meminfo']);
  expect(status).toBe(0);
  return kibOf(stdout, 'MemTotal');
}

/** The code of the copy, so that each start of it fails. */
function breakCopy({ directory }: ServerCopy): void {
  const file = join(directory, 'dist/cli/program.js');
  renameSync(file, `${file}.whole`);
  writeFileSync(file, 'throw new Error("this version is broken");\n');
}

function mendCopy({ directory }: ServerCopy): void {
  const file = join(directory, 'dist/cli/program.js');
  renameSync(`${file}.whole`, file);
}

describe('a server that cannot start', () => {
  it("leaves containers the host's files until it can", patience, async () => {
    const copy = copyServer(teardown);
    const session = await startSession(teardown, (mountPoint) => copy.argv(mountPoint));
    const reader = { mountPoint: session.mountPoint, pauseMsec: 20, isSilent: true };
    const member = await joinCrowd(teardown, reader);
    expect(await totalKibIn(member)).toBe(member.memoryKib);
    breakCopy(copy);
    const begin = performance.now();
    signalIfThere(session.serverPid(), 'SIGKILL');
    expect(await totalKibIn(member)).toBe(hostKibOf('MemTotal'));
    const msec = performance.now() - begin;
    process.stdout.write(`host's files after ${msec.toFixed(0)} ms\n`);
    expect(msec).toBeLessThan(3000 * slowness);
    // More failures change nothing for readers.
    await sleep(1000);
    expect(await totalKibIn(member)).toBe(hostKibOf('MemTotal'));
    const earlier = session.beginnings();
    mendCopy(copy);
    await session.untilBegun(earlier);
    expect(await totalKibIn(member)).toBe(member.memoryKib);
  });
});

describe('a replacement by a version that cannot start', () => {
  it('leaves the old one as it is', patience, async () => {
    const copy = copyServer(teardown);
    const session = await startSession(teardown, (mountPoint) => copy.argv(mountPoint));
    const member = await joinCrowd(teardown, { mountPoint: session.mountPoint, pauseMsec: 5 });
    const server = session.serverPid();
    breakCopy(copy);
    signalIfThere(session.holderPid(), 'SIGUSR1');
    await until('it fails', () => session.log().includes('its predecessor goes on'));
    await sleep(500);
    expect(session.serverPid()).toBe(server);
    mendCopy(copy);
    await replaceServer(session);
    expect(session.serverPid()).not.toBe(server);
    expect(await member.leave()).toMatchObject({ errors: 0, wrongTexts: 0, faults: '' });
  });
});

async function replaceServer(session: Session): Promise<void> {
  const earlier = session.beginnings();
  signalIfThere(session.holderPid(), 'SIGUSR1');
  await session.untilBegun(earlier);
}

/** What the server says it is; `undefined` while it starts. */
async function versionOf({ mountPoint }: Session): Promise<string | undefined> {
  try {
    const answer = await askDaemon(mountPoint, { command: 'status' });
    const { status } = answer as unknown as { status: { server: { version: string } } };
    return status.server.version;
  } catch {
    return undefined;
  }
}

describe('another version', () => {
  it('takes over, and gives back, while containers read', patience, async () => {
    const versions = [copyServer(teardown, '0.9.1'), copyServer(teardown, '0.9.2')] as const;
    const link = join(teardown.makeDir(), 'nsproc');
    const install = ({ directory }: ServerCopy): void => {
      if (existsSync(link)) unlinkSync(link);
      symlinkSync(directory, link);
    };
    install(versions[0]);
    const session = await startSession(teardown, (mountPoint) => [
      ...[process.execPath, join(link, 'dist/main.js'), 'serve', '--mount-point', mountPoint],
    ]);
    const member = await joinCrowd(teardown, { mountPoint: session.mountPoint, pauseMsec: 5 });
    for (const version of [versions[1], versions[0]]) {
      install(version);
      await replaceServer(session);
      await expect.poll(() => versionOf(session), { timeout: 10_000 }).toBe(version.version);
    }
    expect(await member.leave()).toMatchObject({ errors: 0, wrongTexts: 0, faults: '' });
  });
});

/** Of all processes of a session, whose memory is all the same. */
function stateOf(session: Session): string {
  const fds = `/proc/${session.holderPid()}/fd`;
  const state = readdirSync(fds).find((fd) =>
    readlinkSync(`${fds}/${fd}`).includes('nsproc-state'),
  );
  if (state === undefined) throw new Error('The holder keeps no state');
  return `${fds}/${state}`;
}

/** Writes over a part of the memory that outlives the server. */
function overwrite(session: Session, offset: number, bytes: Buffer): void {
  const fd = openSync(stateOf(session), 'r+');
  writeSync(fd, bytes, 0, bytes.length, offset);
  closeSync(fd);
}

describe('memory of an unknown version', () => {
  it.each([['of the whole', 0, Buffer.from('nsproc\0\x09', 'latin1')]])(
    '%s is begun anew',
    patience,
    async (_, offset, bytes) => {
      const copy = copyServer(teardown);
      const session = await startSession(teardown, (mountPoint) => copy.argv(mountPoint));
      const options = { mountPoint: session.mountPoint, pauseMsec: 5, isSilent: true };
      const member = await joinCrowd(teardown, options);
      expect(await totalKibIn(member)).toBe(member.memoryKib);
      const earlier = session.beginnings();
      overwrite(session, offset, bytes);
      signalIfThere(session.serverPid(), 'SIGKILL');
      await session.untilBegun(earlier);
      expect(await totalKibIn(member)).toBe(member.memoryKib);
      expect(session.deaths()).toBe(1);
    },
  );
});
