// Readers and containers that end at the worst moment: nobody else may notice.

import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { readPidStat } from '../../src/kernel/pid-stat.ts';
import { run } from '../support/commands.ts';
import { type Container, nsenterArgv } from '../support/containers.ts';
import { kibOf } from '../support/proc-texts.ts';
import { findDescendants } from '../support/processes.ts';
import { compileProgram } from '../support/programs.ts';
import { outputIn, readIn, useServingScene } from '../support/serving-scene.ts';
import { startWatched } from '../support/watched-process.ts';

const scene = useServingScene('cgroup:memory');
const mib = 2 ** 20;
const patience = { timeout: 30_000 };

async function startLimited(memoryMib: number): Promise<Container> {
  return scene().start({ cgroup: scene().makeCgroup({ memoryBytes: memoryMib * mib }) });
}

/** The container still reads its own numbers, and no request was answered by an error. */
async function expectUnharmed(container: Container, memoryMib: number): Promise<void> {
  expect(kibOf(await readIn(container, 'meminfo'), 'MemTotal')).toBe(memoryMib * 1024);
  expect(scene().daemon.log()).not.toMatch(/"level":[56]0/);
}

/** A letter for each thread. */
function threadStatesOf(pid: number): string {
  const threads = readdirSync(`/proc/${pid}/task`);
  return threads.map((tid) => readPidStat(`/proc/${pid}/task/${tid}`)?.state).join('');
}

describe('a reader that is killed', () => {
  it.each(['meminfo', 'stat', 'uptime'])('at any moment of reading %s', async (file) => {
    const container = await startLimited(64);
    const argv = [compileProgram('killed-readers'), `/proc/${file}`, '150'];
    expect(await outputIn(container, argv)).toBe('150\n');
    await expectUnharmed(container, 64);
  });

  it('before its request is answered', async () => {
    const container = await startLimited(64);
    // Opens the file, and stops itself until it is told to read.
    const script = 'exec 3</proc/stat; echo opened; kill -STOP $$; exec cat <&3';
    const nsenter = startWatched([...nsenterArgv(container.initPid), 'sh', '-c', script]);
    await nsenter.untilPrinted(/opened/);
    const reader = findDescendants(nsenter.pid)[0] ?? 0;
    await expect.poll(() => readPidStat(`/proc/${nsenter.pid}`)?.state, patience).toBe('T');
    scene().daemon.pause();
    try {
      // One thread after the other.
      await expect.poll(() => threadStatesOf(scene().daemon.pid), patience).toMatch(/^T+$/);
      nsenter.signal('SIGCONT');
      await expect
        .poll(() => readFileSync(`/proc/${reader}/comm`, 'latin1'), patience)
        .toBe('cat\n');
      await sleep(200);
      process.kill(reader, 'SIGKILL');
    } finally {
      scene().daemon.resume();
    }
    expect(await nsenter.ended).toBe(137);
    expect(nsenter.output()).toBe('opened\n');
    await expectUnharmed(container, 64);
  });
});

describe('a container that is destroyed while it reads', () => {
  it('leaves all others their numbers, and its cgroup can be removed', async () => {
    const witness = await startLimited(96);
    const loop = 'while :; do cat /proc/meminfo /proc/stat /proc/uptime; done';
    for (let times = 0; times < 5; times += 1) {
      const cgroup = scene().makeCgroup({ memoryBytes: 64 * mib });
      const command = ['sh', '-c', `(${loop}) & (${loop}) & ${loop}`];
      const container = await scene().start({ cgroup, command });
      await readIn(witness, 'meminfo');
      await container.stop();
      await cgroup.remove();
      await expectUnharmed(witness, 96);
    }
  });

  it('is not mistaken for the next one', async () => {
    for (let memoryMib = 40; memoryMib < 50; memoryMib += 1) {
      const container = await startLimited(memoryMib);
      await expectUnharmed(container, memoryMib);
      await container.stop();
    }
  });
});

describe('a cgroup that was made again under the same name', () => {
  it('has its new numbers', async () => {
    const pod = scene().makeCgroup();
    for (const memoryMib of [64, 48, 96]) {
      const cgroup = pod.makeChild('again', { memoryBytes: memoryMib * mib });
      const container = await scene().start({ cgroup });
      await expectUnharmed(container, memoryMib);
      await container.stop();
      await cgroup.remove();
    }
  });
});

describe('a container whose cgroup is gone', () => {
  it('gets an answer from readers that still run in its namespaces', async () => {
    const first = scene().makeCgroup({ memoryBytes: 64 * mib });
    const container = await scene().start({ cgroup: first });
    await expectUnharmed(container, 64);
    const second = scene().makeCgroup({ memoryBytes: 48 * mib });
    second.addProcess(container.initPid);
    await first.remove();
    const enter = nsenterArgv(container.initPid);
    const { stdout } = await run([...enter, 'cat', '/proc/meminfo']);
    expect(kibOf(stdout, 'MemTotal')).toBe(48 * 1024);
  });
});
