// nsproc heal on kernels that lack what it uses, and in a container that a real runtime made.

import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { makeCgroup } from '../support/cgroups.ts';
import { type Outcome, run } from '../support/commands.ts';
import { expectDead, expectOwnMemory, optionsAt } from '../support/heal-host.ts';
import { useHealScene } from '../support/heal-scene.ts';
import { nsprocArgv } from '../support/nsproc-process.ts';
import { compileProgram } from '../support/programs.ts';
import { missing } from '../support/requirements.ts';
import { makeRootfs } from '../support/rootfs.ts';
import { startRuncContainer } from '../support/runc.ts';
import { mountsOf } from '../support/runtime-container.ts';
import { outputIn } from '../support/serving-scene.ts';

const scene = useHealScene();

/** On a kernel without these features. */
function healWithout(...features: readonly string[]): Promise<Outcome> {
  const { outer, live } = scene();
  const heal = nsprocArgv('heal', '--mount-point', live.mountPoint);
  return outer.exec([compileProgram('old-kernel'), ...features, '--', ...heal]);
}

const newerThan52 = ['openat2', 'mount_setattr', 'beneath'];

describe('nsproc heal on Linux 5.2', () => {
  it('replaces mounts, with their flags', async () => {
    const { server } = scene();
    const pressure = existsSync('/proc/pressure') ? ['/proc/pressure'] : [];
    const container = await scene().start({
      mounts: ['/proc/meminfo', ...pressure].map((path) => [`${server.mountPoint}${path}`, path]),
    });
    for (const path of pressure) {
      await outputIn(container, ['mount', '-o', 'remount,bind,ro,nosuid', path]);
    }
    await server.end();
    const { status, stdout } = await healWithout(...newerThan52);
    expect(stdout).toContain(`${pressure.length + 1} replaced, 0 left alone, 0 not healed.`);
    expect(status).toBe(0);
    await expectOwnMemory(container);
    expect(optionsAt(container, '/proc/meminfo')).toEqual([
      expect.stringMatching(/^ro,nosuid,nodev,noexec/),
    ]);
    for (const path of pressure) {
      expect(optionsAt(container, path)).toEqual([expect.stringMatching(/^ro,/)]);
    }
  });

  it('covers what is locked', async () => {
    const container = await scene().start();
    const locked = await scene().start({
      userNamespace: true,
      nestedIn: container,
      pidNamespace: 'host',
      mounts: [],
    });
    await scene().server.end();
    expect((await healWithout(...newerThan52)).status).toBe(0);
    await expectOwnMemory(locked);
    await expectOwnMemory(container);
  });
});

describe('nsproc heal on Linux 5.1', () => {
  it('says that it cannot', async () => {
    const container = await scene().start();
    await scene().server.end();
    const { status, stderr } = await healWithout('open_tree');
    expect(status).toBe(1);
    expect(stderr).toMatch(/^nsproc: Cannot heal: .*5\.2.*\n$/);
    await expectDead(container, '/proc/meminfo');
  });
});

describe('nsproc heal of a runc container', { timeout: 120_000 }, () => {
  it('gives it its numbers back', async (ctx) => {
    const lacking = missing('runc', 'procps', 'busybox', 'cgroup:cpu');
    ctx.skip(lacking !== undefined, lacking);
    const { teardown, server, live } = scene();
    const dir = teardown.makeDir();
    await makeRootfs(`${dir}/rootfs`);
    const cgroup = makeCgroup();
    teardown.add(() => cgroup.remove());
    const container = await startRuncContainer({
      dir,
      rootfs: `${dir}/rootfs`,
      cgroupPath: `${cgroup.path}/runc`,
      memoryBytes: 64 * 2 ** 20,
      cpuQuotaUsec: 50_000,
      cpuPeriodUsec: 100_000,
      mounts: mountsOf(server.mountPoint),
    });
    teardown.add(() => container.stop());
    await server.end();
    expect((await container.exec(['cat', '/proc/meminfo'])).status).toBe(1);
    const initPid = readFileSync(`${cgroup.dirOf('memory')}/runc/cgroup.procs`, 'utf8').trim();
    const argv = nsprocArgv('heal', '--mount-point', live.mountPoint, '--pid', initPid);
    const { stdout, status } = await run(argv);
    expect(stdout).toContain('3 replaced, 0 left alone, 0 not healed.');
    expect(status).toBe(0);
    const meminfo = await container.exec(['cat', '/proc/meminfo']);
    expect(meminfo.stdout).toMatch(/^MemTotal: +65536 kB\n/);
  });
});
