// Servers that are killed at each start: readers get the host's files, and their own again when the
// cause is mended, whoever starts the servers.

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type CrowdMember, joinCrowd } from '../chaos/crowd.ts';
import { copyServer, type ServerCopy } from '../chaos/server-copy.ts';
import { breakServers, mendServers } from '../support/crashing-server.ts';
import { hostKibOf } from '../support/host.ts';
import { startServe } from '../support/nsproc-process.ts';
import { kibOf } from '../support/proc-texts.ts';
import { findDescendants } from '../support/processes.ts';
import { missing } from '../support/requirements.ts';
import { startServiceManager } from '../support/service-manager.ts';
import { signalIfThere } from '../support/serving-processes.ts';
import { makeTeardown } from '../support/teardown.ts';

const lacking = missing('root', 'fuse', 'python', 'cgroup:memory');
const teardown = makeTeardown();
beforeEach((ctx) => ctx.skip(lacking !== undefined, lacking));
afterEach(() => teardown.run());

const slowness = Number(process.env['NSPROC_TEST_SLOW'] ?? 1);
/** Three starts that fail are waited for. */
const longestWaitMsec = 3000 * slowness;
/** The longest pause between two starts is 10 s. */
const patience = { timeout: 30_000 * slowness, interval: 50 };

interface Service {
  readonly mountPoint: string;
  /** What was started, by a person or by a manager. */
  mainPid(): number;
}

const services = {
  'by hand': async (copy: ServerCopy): Promise<Service> => {
    const mountPoint = teardown.makeDir();
    const { pid } = await startServe(teardown, { mountPoint, argv: copy.argv(mountPoint) });
    return { mountPoint, mainPid: () => pid };
  },
  'as a service': async (copy: ServerCopy): Promise<Service> => {
    const argvAt = (mountPoint: string) => copy.argv(mountPoint);
    const manager = startServiceManager(teardown, { argvAt, isRestarted: true });
    await manager.until('ready', 1);
    return manager;
  },
} as const;

/** MemTotal as a reader in the container sees it, and how long it waited. */
async function readTotal({ container }: CrowdMember): Promise<{ kib?: number; msec: number }> {
  const begin = performance.now();
  const { stdout, status } = await container.exec(['cat', '/proc/meminfo']);
  expect(status).toBe(0);
  const kib = kibOf(stdout, 'MemTotal');
  return { ...(kib !== undefined && { kib }), msec: performance.now() - begin };
}

async function startScene(start: (copy: ServerCopy) => Promise<Service>) {
  const copy = copyServer(teardown);
  const service = await start(copy);
  const { mountPoint } = service;
  const member = await joinCrowd(teardown, { mountPoint, pauseMsec: 20, isSilent: true });
  expect(await readTotal(member)).toMatchObject({ kib: member.memoryKib });
  return { copy, service, member };
}

const cases = [
  ['by hand', 'the server'],
  ['as a service', 'the server'],
  ['as a service', 'all of it'],
] as const;

describe.each(cases)('started %s, when %s dies and no server can start any more', (how, what) => {
  it("readers get the host's files, and their own when one can", async () => {
    const { copy, service, member } = await startScene(services[how]);
    breakServers(copy, 'starting');
    const main = service.mainPid();
    signalIfThere(what === 'all of it' ? main : (findDescendants(main).at(-1) ?? 0), 'SIGSEGV');
    const first = await readTotal(member);
    process.stdout.write(`started ${how}, ${what}: answered after ${first.msec.toFixed(0)} ms\n`);
    expect(first.kib).toBe(hostKibOf('MemTotal'));
    expect(first.msec).toBeLessThan(longestWaitMsec);
    // Nobody waits for the starts that go on failing.
    for (let time = 0; time < 20; time++) {
      const { kib, msec } = await readTotal(member);
      expect(kib).toBe(hostKibOf('MemTotal'));
      expect(msec).toBeLessThan(1000 * slowness);
    }
    mendServers(copy);
    const { memoryKib } = member;
    await expect.poll(() => readTotal(member), patience).toMatchObject({ kib: memoryKib });
  });
});

describe.each(['by hand', 'as a service'] as const)('started %s, a server that dies', (how) => {
  it('as soon as it serves, each time, is no longer waited for', async () => {
    const { copy, service, member } = await startScene(services[how]);
    breakServers(copy, 'ready');
    signalIfThere(findDescendants(service.mainPid()).at(-1) ?? 0, 'SIGSEGV');
    const isHost = async () => {
      const { kib, msec } = await readTotal(member);
      expect(msec).toBeLessThan(longestWaitMsec);
      return kib === hostKibOf('MemTotal');
    };
    await expect.poll(isHost, patience).toBe(true);
    mendServers(copy);
    const { memoryKib } = member;
    await expect.poll(() => readTotal(member), patience).toMatchObject({ kib: memoryKib });
  });
});

describe('a holder that is killed while no server can start', () => {
  it('leaves a keeper, from which the next start takes over', async () => {
    const { copy, service, member } = await startScene(services['by hand']);
    const { mountPoint } = service;
    breakServers(copy, 'starting');
    signalIfThere(findDescendants(service.mainPid()).at(-1) ?? 0, 'SIGSEGV');
    expect((await readTotal(member)).kib).toBe(hostKibOf('MemTotal'));
    signalIfThere(service.mainPid(), 'SIGKILL');
    const { kib, msec } = await readTotal(member);
    expect(kib).toBe(hostKibOf('MemTotal'));
    expect(msec).toBeLessThan(longestWaitMsec);
    mendServers(copy);
    await startServe(teardown, { mountPoint, argv: copy.argv(mountPoint) });
    expect((await readTotal(member)).kib).toBe(member.memoryKib);
  });
});
