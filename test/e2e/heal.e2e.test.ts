// nsproc heal: containers whose server is gone get the files of a live one while they run.

import { describe, expect, it } from 'vitest';
import { run } from '../support/commands.ts';
import {
  expectDead,
  expectOwnMemory,
  mountinfoOf,
  optionsAt,
  resultsOf,
} from '../support/heal-host.ts';
import { allOf, procFiles, useHealScene } from '../support/heal-scene.ts';
import { mountsOf } from '../support/runtime-container.ts';

const scene = useHealScene();

describe('nsproc heal --dry-run', () => {
  it('says what would be done, and changes nothing', async () => {
    const container = await scene().start();
    await scene().server.end();
    const before = mountinfoOf(container);
    const healing = await scene().heal('--dry-run');
    expect(healing).toMatchObject({ status: 0, stderr: '' });
    expect(resultsOf(healing)).toEqual(allOf(procFiles, 'ready'));
    expect(healing.mounts[0]).toMatchObject({
      target: '/proc/meminfo',
      dead: { type: 'fuse.nsproc', source: 'nsproc', root: '/proc/meminfo', layers: 1 },
      replacement: `${scene().live.mountPoint}/proc/meminfo`,
      reason: null,
    });
    expect(mountinfoOf(container)).toBe(before);
    await expectDead(container, '/proc/meminfo');
  });

  it('prints for people a line for each mount', async () => {
    const container = await scene().start();
    await scene().server.end();
    const { stdout, status } = await run(scene().argv('--dry-run'));
    expect(status).toBe(0);
    const pid = scene().pidOf(container);
    for (const file of procFiles) {
      const line = stdout.split('\n').find((text) => text.includes(` ${file} `));
      expect(line).toMatch(/^would replace +\d+ +\S+ +\d+ +\/proc\/\S+ +fuse\.nsproc \d+:\d+ /);
    }
    expect(stdout).toContain('3 to replace, 0 left alone, 0 not healed.');
    expect(Number(pid)).toBeGreaterThan(1);
  });
});

describe('nsproc heal', () => {
  it('gives a running container its own numbers back', async () => {
    const container = await scene().start();
    await expectOwnMemory(container);
    await scene().server.end();
    await expectDead(container, '/proc/meminfo');
    const healing = await scene().heal();
    expect(healing).toMatchObject({ status: 0, stderr: '' });
    expect(resultsOf(healing)).toEqual(allOf(procFiles, 'replaced'));
    await expectOwnMemory(container);
    for (const file of procFiles) expect(optionsAt(container, file)).toHaveLength(1);
    expect(await scene().heal()).toEqual({ status: 0, stderr: '', mounts: [] });
    const { stdout } = await run(scene().argv());
    expect(stdout).toBe('No container has dead mounts: nothing to heal.\n');
  });

  it('heals only the container of --pid', async () => {
    const [wanted, other] = [await scene().start(), await scene().start()];
    await scene().server.end();
    const before = mountinfoOf(other);
    const { mounts, status } = await scene().heal('--pid', scene().pidOf(wanted));
    expect({ status, count: mounts.length }).toEqual({ status: 0, count: 3 });
    await expectOwnMemory(wanted);
    expect(mountinfoOf(other)).toBe(before);
    await expectDead(other, '/proc/meminfo');
  });

  it('leaves a container alone whose server lives', async () => {
    const container = await scene().start({ mounts: mountsOf(scene().live.mountPoint) });
    const before = mountinfoOf(container);
    expect(await scene().heal()).toEqual({ status: 0, stderr: '', mounts: [] });
    expect(mountinfoOf(container)).toBe(before);
  });
});

describe('nsproc heal with user namespaces', () => {
  it('heals a container with a user namespace', async () => {
    const container = await scene().start({ userNamespace: true });
    await scene().server.end();
    await expectDead(container, '/proc/meminfo');
    expect(resultsOf(await scene().heal())).toEqual(allOf(procFiles, 'replaced'));
    await expectOwnMemory(container);
    expect(optionsAt(container, '/proc/meminfo')).toHaveLength(1);
  });

  it('covers what a user namespace has locked', async () => {
    const container = await scene().start();
    const locked = await scene().start({
      userNamespace: true,
      nestedIn: container,
      pidNamespace: 'host',
      mounts: [],
    });
    await scene().server.end();
    await expectDead(locked, '/proc/meminfo');
    const healing = await scene().heal('--pid', scene().pidOf(locked));
    expect(healing.status).toBe(0);
    expect(healing.mounts.map(({ result, reason }) => [result, reason])).toEqual(
      procFiles.map(() => ['replaced', 'on top of what could not be removed']),
    );
    await expectOwnMemory(locked);
    expect((await scene().heal('--pid', scene().pidOf(locked))).mounts).toEqual([]);
    await expectDead(container, '/proc/meminfo');
  });
});
