// nsproc heal after LXCFS: one that was killed, one that is stopped; and what it refuses.

import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { run } from '../support/commands.ts';
import {
  expectOwnMemory,
  makeHealHost,
  optionsAt,
  resultsOf,
  startDoomedLxcfs,
} from '../support/heal-host.ts';
import { allOf, procFiles, useHealScene } from '../support/heal-scene.ts';
import { unmountBelow } from '../support/mounts.ts';
import { nsprocArgv } from '../support/nsproc-process.ts';
import { compileProgram, startProgram } from '../support/programs.ts';
import { missing } from '../support/requirements.ts';
import { mountsOf } from '../support/runtime-container.ts';

const scene = useHealScene(startDoomedLxcfs, missing('root', 'fuse', 'cgroup:memory', 'lxcfs'));

describe('a container of an LXCFS that was killed', () => {
  it('has the files of nsproc', async () => {
    const { server } = scene();
    const directory = '/sys/devices/system/cpu';
    const more = ['cpuinfo', 'diskstats', 'loadavg', 'swaps'].map((file) => `/proc/${file}`);
    const targets = [...procFiles, ...more, directory];
    const container = await scene().start({
      mounts: targets.map((target) => [`${server.mountPoint}${target}`, target]),
    });
    await server.end();
    const healing = await scene().heal();
    expect(healing.status).toBe(0);
    expect(resultsOf(healing)).toEqual(allOf(targets, 'replaced'));
    expect(healing.mounts[0]?.dead).toMatchObject({ type: 'fuse.lxcfs', source: 'lxcfs' });
    await expectOwnMemory(container);
    for (const target of targets) expect(optionsAt(container, target)).toHaveLength(1);
  });

  it('keeps what nsproc has no counterpart of, which is a failure', async () => {
    const { server } = scene();
    const container = await scene().start({
      mounts: [...mountsOf(server.mountPoint), [server.mountPoint, '/proc/fs']],
    });
    await server.end();
    const healing = await scene().heal();
    expect(healing.status).toBe(1);
    expect(resultsOf(healing)).toEqual({
      ...allOf(procFiles, 'replaced'),
      '/proc/fs': 'missing',
    });
    expect(healing.mounts.find(({ target }) => target === '/proc/fs')?.replacement).toBeNull();
    await expectOwnMemory(container);
  });
});

describe('a reader while its container is healed', () => {
  it('meets no file, or its own numbers, and nothing else', async () => {
    const dir = scene().teardown.makeDir();
    const container = await scene().start();
    await scene().server.end();
    const loop = `while ! [ -e ${dir}/end ]; do head -n 1 /proc/meminfo || echo dead; done | sort -u`;
    const reader = container.exec(['sh', '-c', loop]);
    await sleep(300);
    expect((await scene().heal()).status).toBe(0);
    await sleep(300);
    await run(['touch', `${dir}/end`]);
    const seen = new Set((await reader).stdout.trim().split('\n'));
    const allowed = ['dead', 'MemTotal:          65536 kB'];
    const [major = 0, minor = 0] = (await run(['uname', '-r'])).stdout.split('.').map(Number);
    const isAtOnce = major > 6 || (major === 6 && minor >= 5);
    if (isAtOnce) expect([...seen].sort()).toEqual(allowed.sort());
    else for (const line of allowed) expect(seen).toContain(line);
  });
});

describe('a container of a server that does not answer', () => {
  it('is told of, and healed with --hung', async () => {
    const container = await scene().start();
    process.kill(scene().server.pid, 'SIGSTOP');
    const healing = await scene().heal();
    expect(healing.status).toBe(1);
    expect(resultsOf(healing)).toEqual(allOf(procFiles, 'hung'));
    const hung = await scene().heal('--hung');
    expect(hung.status).toBe(0);
    expect(resultsOf(hung)).toEqual(allOf(procFiles, 'replaced'));
    await expectOwnMemory(container);
  });
});

describe('a container of a server that takes requests and never answers', () => {
  it('is told of in time, though who asks such a server cannot be ended', async () => {
    const { teardown, live } = scene();
    const mountPoint = teardown.makeDir();
    teardown.add(() => unmountBelow(mountPoint));
    const mute = await startProgram([compileProgram('mute-server'), mountPoint]);
    const server = { mountPoint, pid: mute.pid, end: mute.stop };
    try {
      const host = await makeHealHost(teardown, live, server);
      await host.start({ mounts: [[mountPoint, '/proc/fs']] });
      const startMsec = performance.now();
      const healing = await host.heal();
      expect(healing.status).toBe(1);
      expect(resultsOf(healing)).toEqual({ '/proc/fs': 'hung' });
      expect(performance.now() - startMsec).toBeLessThan(20_000);
    } finally {
      // The host, which has a process that waits for the server, cannot end before.
      await mute.stop();
    }
  });
});

describe('nsproc heal refuses', () => {
  const heal = (...args: readonly string[]) => run(nsprocArgv('heal', ...args));

  it('without a live nsproc', async () => {
    const { status, stderr } = await heal('--mount-point', scene().server.mountPoint);
    expect(status).toBe(1);
    expect(stderr).toMatch(/^nsproc: Cannot heal from .*: no nsproc is mounted there\./);
  });

  it('a process that is not there, or in no container', async () => {
    const { live } = scene();
    const [absent, own] = await Promise.all([
      heal('--mount-point', live.mountPoint, '--pid', String(2 ** 22)),
      heal('--mount-point', live.mountPoint, '--pid', String(process.pid)),
    ]);
    expect([absent.status, own.status]).toEqual([1, 1]);
    expect(absent.stderr).toMatch(/there is none of this number on the host/);
    expect(own.stderr).toMatch(/it is in this command's own mount namespace/);
  });
});
