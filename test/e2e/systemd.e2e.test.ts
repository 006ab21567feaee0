// systemd/nsproc.service below systemd itself: whatever happens to the service, containers keep files
// that answer, and the container's own numbers come back.

import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { makeCgroup } from '../support/cgroups.ts';
import { run, runOrThrow } from '../support/commands.ts';
import { type Container, startContainer } from '../support/containers.ts';
import { startLoopingReader } from '../support/looping-reader.ts';
import { unmountBelow } from '../support/mounts.ts';
import { nsprocArgv } from '../support/nsproc-process.ts';
import { kibOf } from '../support/proc-texts.ts';
import { missing } from '../support/requirements.ts';
import { killServing } from '../support/serving-processes.ts';
import { makeTeardown } from '../support/teardown.ts';

const lacking = missing('root', 'fuse', 'util-linux', 'systemd', 'cgroup:memory');
const teardown = makeTeardown();
beforeEach((ctx) => ctx.skip(lacking !== undefined, lacking));

const slowness = Number(process.env['NSPROC_TEST_SLOW'] ?? 1);
const patience = { timeout: 30_000 * slowness, interval: 200 };
const unitFile = new URL('../../systemd/nsproc.service', import.meta.url);
const service = 'nsproc-test.service';
const installedUnit = `/run/systemd/system/${service}`;
const memoryBytes = 48 * 2 ** 20;
const memoryKib = memoryBytes / 1024;

/** The unit as it is, but for where this package is, where it mounts and what it says. */
function unitFor(mountPoint: string, logFile: string): string {
  const lines = [
    '[Service]',
    `Environment=NSPROC_MOUNT_POINT=${mountPoint}`,
    `StandardOutput=append:${logFile}`,
    `StandardError=append:${logFile}`,
  ];
  return readFileSync(unitFile, 'utf8')
    .replaceAll('/usr/local/bin/nsproc', nsprocArgv().join(' '))
    .replace('[Service]', lines.join('\n'));
}

const systemctl = (...args: readonly string[]) =>
  runOrThrow(['systemctl', ...args, service], { timeoutMsec: 60_000 * slowness });

async function mainPid(): Promise<number> {
  return Number(await systemctl('show', '--property=MainPID', '--value'));
}

async function isActive(): Promise<boolean> {
  const { stdout } = await run(['systemctl', 'is-active', service]);
  return stdout.trim() === 'active';
}

let container: Container;

async function totalKibInside(): Promise<number> {
  const { stdout, stderr } = await container.exec(['cat', '/proc/meminfo']);
  expect(stderr).toBe('');
  return kibOf(stdout, 'MemTotal');
}

/** The container's readers meet no error while this happens, and its own numbers in the end. */
async function survives(happening: () => Promise<unknown>): Promise<void> {
  const reader = await startLoopingReader(container, '/proc/meminfo');
  await happening();
  await expect.poll(isActive, patience).toBe(true);
  await expect.poll(totalKibInside, patience).toBe(memoryKib);
  expect(await reader.stop()).toMatchObject({ errors: 0, cutOff: 0 });
}

async function untilReplaced(pid: number): Promise<void> {
  await expect.poll(mainPid, patience).not.toBe(pid);
}

beforeAll(async () => {
  if (lacking !== undefined) return;
  const mountPoint = teardown.makeDir();
  const logFile = join(teardown.makeDir(), 'log');
  writeFileSync(installedUnit, unitFor(mountPoint, logFile));
  teardown.add(async () => {
    await run(['systemctl', 'kill', '--signal=SIGKILL', service]);
    await run(['systemctl', 'stop', service]);
    rmSync(installedUnit);
    await runOrThrow(['systemctl', 'daemon-reload']);
    killServing(mountPoint);
    unmountBelow(mountPoint);
  });
  await runOrThrow(['systemctl', 'daemon-reload']);
  await systemctl('start').catch((error: unknown) => {
    throw new Error(`${String(error)}\n${readFileSync(logFile, 'utf8')}`);
  });
  const cgroup = makeCgroup({ memoryBytes });
  teardown.add(() => cgroup.remove());
  const source = `${mountPoint}/proc/meminfo`;
  container = await startContainer({ cgroup, mounts: [[source, '/proc/meminfo']] });
  teardown.add(() => container.stop());
});
afterAll(() => teardown.run());

describe('nsproc.service', () => {
  it('is started when it serves', async () => {
    expect(await isActive()).toBe(true);
    expect(await totalKibInside()).toBe(memoryKib);
  });

  it('has nothing in it that this systemd complains about', async () => {
    const { stdout, stderr } = await run(['systemd-analyze', 'verify', installedUnit]);
    // systemd before 254 does not know this, and says that it goes on.
    const complaints = `${stdout}${stderr}`.split('\n').filter((line) => line.includes(service));
    const unknown = complaints.filter((line) => !line.includes('FileDescriptorStorePreserve'));
    expect(unknown).toEqual([]);
  });
});

describe('readers notice nothing when the service', () => {
  it('is killed', async () => {
    await survives(async () => {
      const pid = await mainPid();
      await systemctl('kill', '--kill-who=main', '--signal=SIGKILL');
      await untilReplaced(pid);
    });
  });

  it('is killed with all its processes', async () => {
    await survives(async () => {
      const pid = await mainPid();
      await systemctl('kill', '--kill-who=all', '--signal=SIGKILL');
      await untilReplaced(pid);
    });
  });

  it('is reloaded, which is an upgrade', async () => {
    await survives(() => systemctl('reload'));
  });

  it('is restarted', async () => {
    await survives(() => systemctl('restart'));
  });

  it('hangs', async () => {
    await survives(async () => {
      const pid = await mainPid();
      process.kill(pid, 'SIGSTOP');
      await untilReplaced(pid);
    });
  });

  it('is stopped, and started later', async () => {
    await survives(async () => {
      await systemctl('stop');
      await sleep(3000);
      await systemctl('start');
    });
  });
});
