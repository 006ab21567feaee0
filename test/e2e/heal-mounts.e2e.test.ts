// nsproc heal with mounts of every kind: directories, layers, flags, peers.

import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  expectDead,
  expectOwnMemory,
  makeHealHost,
  optionsAt,
  resultsOf,
  startDoomedNsproc,
} from '../support/heal-host.ts';
import { procFiles, useHealScene } from '../support/heal-scene.ts';
import { mountsOf } from '../support/runtime-container.ts';
import { outputIn } from '../support/serving-scene.ts';

const scene = useHealScene();

describe('nsproc heal with mounts of all kinds', () => {
  it('heals whole directories', async () => {
    const directory = '/sys/devices/system/cpu';
    const container = await scene().start({
      mounts: [[`${scene().server.mountPoint}${directory}`, directory]],
    });
    const names = await outputIn(container, ['ls', directory]);
    await scene().server.end();
    await expectDead(container, `${directory}/online`);
    expect(resultsOf(await scene().heal())).toEqual({ [directory]: 'replaced' });
    expect(await outputIn(container, ['ls', directory])).toBe(names);
  });

  it('removes all layers of several servers that ended', async () => {
    const { live, server, teardown } = scene();
    const later = await startDoomedNsproc(teardown);
    const host = await makeHealHost(teardown, live, server);
    const container = await host.start({
      mounts: [...mountsOf(server.mountPoint), ...mountsOf(later.mountPoint)],
    });
    await server.end();
    await later.end();
    const { mounts } = await host.heal();
    expect(mounts.map(({ dead, result }) => [dead.layers, result])).toEqual(
      procFiles.map(() => [2, 'replaced']),
    );
    await expectOwnMemory(container);
    expect(optionsAt(container, '/proc/meminfo')).toHaveLength(1);
  });
});

describe('nsproc heal with flags and propagation', () => {
  it('keeps the flags that a mount had', async () => {
    const source = `${scene().server.mountPoint}/proc/pressure`;
    const container = await scene().start({
      mounts: existsSync('/proc/pressure') ? [[source, '/proc/pressure']] : [],
    });
    await outputIn(container, [
      ...['sh', '-ec'],
      `mount --bind ${scene().server.mountPoint}/proc/meminfo /proc/meminfo
       mount -o remount,bind,ro,nosuid,nodev,noexec /proc/meminfo
       test ! -e /proc/pressure || mount -o remount,bind,ro,nosuid /proc/pressure`,
    ]);
    await scene().server.end();
    expect((await scene().heal()).status).toBe(0);
    expect(optionsAt(container, '/proc/meminfo')[0]).toMatch(/^ro,nosuid,nodev,noexec/);
    for (const options of optionsAt(container, '/proc/pressure')) expect(options).toMatch(/^ro,/);
  });

  it('heals mounts that several namespaces share', async () => {
    const container = await scene().start();
    await outputIn(container, ['mount', '--make-rshared', '/']);
    const sharing = await scene().start({
      nestedIn: container,
      pidNamespace: 'host',
      mounts: [],
      unshareFlags: ['--propagation', 'unchanged'],
    });
    await scene().server.end();
    await expectDead(sharing, '/proc/meminfo');
    const healing = await scene().heal();
    expect(healing.status).toBe(0);
    expect(healing.mounts.map(({ result }) => result)).toEqual(Array(6).fill('replaced'));
    for (const one of [container, sharing]) {
      await expectOwnMemory(one);
      expect(optionsAt(one, '/proc/meminfo')).toHaveLength(1);
    }
  });
});
