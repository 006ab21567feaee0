// nsproc heal and containers that do what they can with their mounts, paths and names.

import { writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type HealAnswer, type HealRecord, runHealProgram } from '../../src/daemon/heal-program.ts';
import { openDirectoryPath, openMountPlace } from '../../src/kernel/mount-namespaces.ts';
import { type MountLine, parseMountinfo } from '../../src/kernel/mountinfo.ts';
import { closeFd, readNamespaceLink } from '../../src/kernel/process.ts';
import { run } from '../support/commands.ts';
import type { Container } from '../support/containers.ts';
import { expectDead, expectOwnMemory, mountinfoOf, resultsOf } from '../support/heal-host.ts';
import { allOf, procFiles, useHealScene } from '../support/heal-scene.ts';
import { outputIn } from '../support/serving-scene.ts';

const scene = useHealScene();
const shell = (container: Container, script: string) => outputIn(container, ['sh', '-ec', script]);

function mountAt(container: Container, target: string): MountLine {
  const mount = parseMountinfo(mountinfoOf(container)).find((one) => one.mountPoint === target);
  if (mount === undefined) throw new Error(`Cannot find a mount at ${target}`);
  return mount;
}

/** The program's answer to a record that was true a moment ago. */
async function replaceBy(
  container: Container,
  record: HealRecord,
): Promise<HealAnswer | undefined> {
  const namespaceLink = readNamespaceLink(`/proc/${container.initPid}`, 'mnt') ?? '';
  const place = openMountPlace({ pid: container.initPid, namespaceLink });
  if (place === undefined) throw new Error('Cannot open the container');
  const liveFd = openDirectoryPath(scene().live.mountPoint);
  try {
    const run = { mode: 'replace', isHungDead: false, place, liveFd, records: [record] } as const;
    return (await runHealProgram(run))[0];
  } finally {
    place.close();
    closeFd(liveFd);
  }
}

describe('a container that has', () => {
  it('a mount of its own on top keeps that', async () => {
    const container = await scene().start();
    const file = `${scene().teardown.makeDir()}/file`;
    writeFileSync(file, 'own\n');
    await shell(container, `mount --bind ${file} /proc/meminfo`);
    await scene().server.end();
    const healing = await scene().heal();
    expect(healing.status).toBe(0);
    expect(resultsOf(healing)).toEqual({
      ...allOf(procFiles, 'replaced'),
      '/proc/meminfo': 'left-alone',
    });
    expect(await outputIn(container, ['cat', '/proc/meminfo'])).toBe('own\n');
  });

  it('hidden its /proc keeps it hidden', async () => {
    const container = await scene().start();
    await shell(container, 'mount -t tmpfs own /proc');
    await scene().server.end();
    const before = mountinfoOf(container);
    const healing = await scene().heal();
    expect(healing.status).toBe(0);
    expect(resultsOf(healing)).toEqual(allOf(procFiles, 'left-alone'));
    expect(mountinfoOf(container)).toBe(before);
  });
});

describe('a container that had, before its server ended,', () => {
  it('something masked in a directory keeps the mask, and that is a failure', async () => {
    const directory = '/sys/devices/system/cpu';
    const container = await scene().start({
      mounts: [[`${scene().server.mountPoint}${directory}`, directory]],
    });
    await shell(container, `mount -t tmpfs mask ${directory}/cpu0`);
    await scene().server.end();
    const before = mountinfoOf(container);
    const { status, mounts } = await scene().heal();
    expect(status).toBe(1);
    expect(mounts.map(({ target, result, reason }) => [target, result, reason])).toEqual([
      [directory, 'failed', `would take away another mount: ${directory}/cpu0`],
    ]);
    expect(mountinfoOf(container)).toBe(before);
  });

  it('put a symbolic link into the path is not followed', async () => {
    const dir = scene().teardown.makeDir();
    const container = await scene().start();
    await shell(
      container,
      `mount -t tmpfs own ${dir} && cd ${dir} && mkdir real && ln -s real link
       mount -t proc own real && mount --bind /proc/meminfo real/meminfo`,
    );
    const mount = mountAt(container, `${dir}/real/meminfo`);
    await scene().server.end();
    const before = mountinfoOf(container);
    const record = {
      target: `${dir}/link/meminfo`,
      layers: [mount],
      source: 'proc/meminfo',
    } as const;
    expect(await replaceBy(container, record)).toEqual({
      word: 'errno',
      code: 'ELOOP',
      step: 'target',
    });
    expect(mountinfoOf(container)).toBe(before);
    const healing = await scene().heal();
    expect(resultsOf(healing)[`${dir}/real/meminfo`]).toBe('replaced');
  });
});

describe('a mount that took the place of the dead one', () => {
  it.each([
    ['id', (mount: MountLine) => ({ ...mount, id: mount.id + 1 })],
    ['file system', (mount: MountLine) => ({ ...mount, device: '0:1' })],
  ])('is known by its %s, and stays', async (_what, changed) => {
    const container = await scene().start();
    await scene().server.end();
    const before = mountinfoOf(container);
    const layers = [changed(mountAt(container, '/proc/meminfo'))] as const;
    const record = { target: '/proc/meminfo', layers, source: 'proc/meminfo' };
    expect(await replaceBy(container, record)).toEqual({ word: 'changed' });
    expect(mountinfoOf(container)).toBe(before);
  });
});

describe('a container whose processes', () => {
  it('are stopped is healed all the same', async () => {
    const container = await scene().start();
    process.kill(container.initPid, 'SIGSTOP');
    await scene().server.end();
    expect((await scene().heal()).status).toBe(0);
    await expectOwnMemory(container);
  });

  it('have names that would clear the screen', async () => {
    const name = ['sh', '-c', 'printf "\\033[2Jx" >/proc/self/comm; while :; do sleep 1; done'];
    const container = await scene().start({ command: name });
    await scene().server.end();
    await expectDead(container, '/proc/uptime');
    const { stdout } = await run(scene().argv('--dry-run'));
    expect(stdout).toContain(' \\x1b[2Jx ');
    expect(stdout).not.toContain('\u001b');
  });
});
