// Whose numbers a reader gets, by the namespaces it is in.

import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { TestCgroup } from '../support/cgroups.ts';
import { run } from '../support/commands.ts';
import type { Container } from '../support/containers.ts';
import { hostKibOf, readHostUptime } from '../support/host.ts';
import { kibOf, parseUptime } from '../support/proc-texts.ts';
import { compileProgram } from '../support/programs.ts';
import { outputIn, readIn, useServingScene } from '../support/serving-scene.ts';

const scene = useServingScene('cgroup:memory');
const mib = 2 ** 20;

const limitedTo = (memoryBytes: number): TestCgroup => scene().makeCgroup({ memoryBytes });
const memTotalIn = async (container: Container) =>
  kibOf(await readIn(container, 'meminfo'), 'MemTotal');
const ageIn = async (container: Container) => parseUptime(await readIn(container, 'uptime')).ageSec;

/** What a program on the host reads when it enters some of the container's namespaces. */
async function memTotalEntering(container: Container, flags: string[], path: string) {
  const argv = ['nsenter', '--target', String(container.initPid), ...flags, '--', 'cat', path];
  const { stdout, stderr } = await run(argv);
  expect(stderr).toBe('');
  return kibOf(stdout, 'MemTotal');
}

describe('nested containers', () => {
  it('show each its own, at most what is around it, and its own age', async () => {
    const pod = limitedTo(96 * mib);
    const outer = await scene().start({ cgroup: pod.makeChild('outer') });
    const middle = await scene().start({
      nestedIn: outer,
      cgroup: pod.makeChild('middle', { memoryBytes: 64 * mib }),
    });
    const inner = await scene().start({
      nestedIn: middle,
      cgroup: pod.makeChild('inner', { memoryBytes: 128 * mib }),
    });
    expect(await memTotalIn(outer)).toBe(96 * 1024);
    expect(await memTotalIn(middle)).toBe(64 * 1024);
    expect(await memTotalIn(inner)).toBe(96 * 1024);
    const innerAge = await ageIn(inner);
    const middleAge = await ageIn(middle);
    expect(innerAge).toBeLessThanOrEqual(middleAge);
    expect(middleAge).toBeLessThan(await ageIn(outer));
  });
});

describe('a thread that leads no process', () => {
  it.each([
    ['while its process leads on', []],
    ['after the first thread has exited', ['exits']],
  ])('reads the numbers of its container, %s', async (_, args) => {
    const container = await scene().start({ cgroup: limitedTo(64 * mib) });
    const argv = [compileProgram('thread-reader'), '/proc/meminfo', ...args];
    expect(kibOf(await outputIn(container, argv), 'MemTotal')).toBe(64 * 1024);
  });
});

describe('a container with a user namespace', () => {
  it('reads its own numbers', async () => {
    const options = { userNamespace: true, cgroup: limitedTo(64 * mib) };
    const container = await scene().start(options);
    expect(await memTotalIn(container)).toBe(64 * 1024);
    expect(await ageIn(container)).toBeLessThan(readHostUptime().ageSec);
  });
});

describe('a container with a time namespace', () => {
  it('has its age as uptime, not the time it pretends since boot', async (ctx) => {
    ctx.skip(!existsSync('/proc/self/ns/time'), 'needs a kernel with time namespaces');
    const startedAfter = performance.now();
    const container = await scene().start({
      unshareFlags: ['--time', '--boottime', '1000000', '--monotonic', '1000000'],
    });
    const pretended = await outputIn(container, ['cat', '/proc/self/timens_offsets']);
    expect(pretended).toMatch(/boottime +1000000 /);
    const age = await ageIn(container);
    expect(age).toBeGreaterThanOrEqual(0);
    expect(age).toBeLessThanOrEqual((performance.now() - startedAfter) / 1000 + 0.02);
  });
});

describe('a process that entered with nsenter', () => {
  it.each([
    ['only its pid namespace', ['--pid'], true],
    ['its pid and mount namespace', ['--pid', '--mount'], false],
    ['all its namespaces', ['--all'], false],
  ])('%s reads the numbers of the container', async (_, flags, isOnHost) => {
    const container = await scene().start({ cgroup: limitedTo(64 * mib) });
    const path = isOnHost ? `${scene().daemon.mountPoint}/proc/meminfo` : '/proc/meminfo';
    expect(await memTotalEntering(container, flags, path)).toBe(64 * 1024);
  });

  it("only its mount namespace reads the numbers of its own cgroup, the host's", async () => {
    const container = await scene().start({ cgroup: limitedTo(64 * mib) });
    const total = await memTotalEntering(container, ['--mount'], '/proc/meminfo');
    expect(total).toBe(hostKibOf('MemTotal'));
  });
});

describe('a container with the pid namespace of the host', () => {
  it('reads the limits of its own cgroup', async () => {
    const options = { pidNamespace: 'host', cgroup: limitedTo(64 * mib) } as const;
    const container = await scene().start(options);
    expect(await memTotalIn(container)).toBe(64 * 1024);
  });
});

describe('containers that share a pid namespace, as in a pod', () => {
  it('read each the limits of its own cgroup', async () => {
    const pod = limitedTo(256 * mib);
    const pause = await scene().start({ cgroup: pod.makeChild('pause') });
    const startInPod = (name: string, memoryBytes: number) =>
      scene().start({
        nestedIn: pause,
        pidNamespace: 'host',
        cgroup: pod.makeChild(name, { memoryBytes }),
      });
    const web = await startInPod('web', 64 * mib);
    const log = await startInPod('log', 32 * mib);
    expect(await memTotalIn(web)).toBe(64 * 1024);
    expect(await memTotalIn(log)).toBe(32 * 1024);
    expect(await memTotalIn(pause)).toBe(256 * 1024);
  });
});
