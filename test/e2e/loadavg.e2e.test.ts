// Load averages of containers, in real time: a container's averages are moved every 5 s.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import type { TestCgroup } from '../support/cgroups.ts';
import type { Container, ContainerOptions } from '../support/containers.ts';
import { startDaemon } from '../support/daemon.ts';
import { startProgram } from '../support/programs.ts';
import { missing } from '../support/requirements.ts';
import { slowness } from '../support/resolvers.ts';
import { outputIn, useServingScene } from '../support/serving-scene.ts';

const scene = useServingScene('cgroup:cpu');

const busyLoop = 'while :; do :; done';
const patience = { timeout: 50_000 * slowness, interval: 500 };

interface Loadavg {
  readonly averages: readonly number[];
  readonly running: number;
  readonly total: number;
  readonly lastPid: number;
}

function parseLoadavg(text: string): Loadavg {
  const match = /^(\d+\.\d\d) (\d+\.\d\d) (\d+\.\d\d) (\d+)\/(\d+) (\d+)\n$/.exec(text);
  if (match === null) throw new SyntaxError(`Cannot parse ${JSON.stringify(text)} as a loadavg`);
  const [one = 0, five = 0, fifteen = 0, running = 0, total = 0, lastPid = 0] = match
    .slice(1)
    .map(Number);
  return { averages: [one, five, fifteen], running, total, lastPid };
}

function start(options: ContainerOptions = {}, { mountPoint } = scene().daemon) {
  const mounts = [[`${mountPoint}/proc/loadavg`, '/proc/loadavg']] as const;
  return scene().start({ mounts, ...options });
}

const loadavgIn = async (container: Container) =>
  parseLoadavg(await outputIn(container, ['cat', '/proc/loadavg']));

/** A busy process in a cgroup so many levels below. On v2 no controller is enabled there. */
async function spinBelow(cgroup: TestCgroup, levels: number): Promise<void> {
  let dir = cgroup.dirOf('cpu');
  for (let level = 1; level <= levels; level++) {
    dir = join(dir, `level-${level}`);
    mkdirSync(dir);
  }
  const program = await startProgram(['sh', '-c', `echo ready; ${busyLoop}`]);
  scene().teardown.add(() => program.stop());
  writeFileSync(join(dir, 'cgroup.procs'), String(program.pid));
}

/** In each container's cgroup: unshare, which waits for its init, nsenter and cat. */
const besideThem = 3;

interface Containers {
  /** Two busy processes, a shell that waits and one that sleeps. */
  readonly busy: Container;
  readonly idle: Container;
  /** One busy process, five cgroups below the container's. */
  readonly deep: Container;
}

let containers: Containers;

beforeAll(async () => {
  if (missing('root', 'fuse', 'cgroup:cpu') !== undefined) return;
  const deepCgroup = scene().makeCgroup();
  const command = ['sh', '-c', `(${busyLoop}) & (${busyLoop}) & sleep infinity & wait`];
  const [busy, idle, deep] = await Promise.all([
    start({ command }),
    start(),
    start({ cgroup: deepCgroup }),
  ]);
  await spinBelow(deepCgroup, 5);
  containers = { busy, idle, deep };
  // Who reads is counted from then on.
  await Promise.all([busy, idle, deep].map(loadavgIn));
});

describe('running and total tasks', () => {
  it("are the container's, with the reader", async () => {
    const { busy, idle, deep } = containers;
    const expected = [
      [busy, { running: 2, total: 4 + besideThem }],
      [idle, { running: 1, total: 1 + besideThem }],
      [deep, { running: 1, total: 2 + besideThem }],
    ] as const;
    for (const [container, counts] of expected) {
      // Another reader may be on its way out.
      await vi.waitFor(async () => {
        expect(await loadavgIn(container)).toMatchObject(counts);
      }, patience);
    }
  });
});

describe('the last pid', () => {
  it("is the reader's own number when nothing has started since", async () => {
    const script = 'echo $$; exec cat /proc/loadavg';
    const [pid, text = ''] = (await outputIn(containers.idle, ['sh', '-c', script])).split(/\n/);
    expect(parseLoadavg(`${text}\n`).lastPid).toBe(Number(pid));
  });

  it('is one of the container, not of the host', async () => {
    const { lastPid } = await loadavgIn(containers.idle);
    expect(lastPid).toBeGreaterThan(1);
    expect(lastPid).toBeLessThan(200);
  });
});

describe('load averages', () => {
  it('rise with what runs in the container, and in no other', async () => {
    const { busy, idle, deep } = containers;
    await vi.waitFor(async () => {
      const { averages } = await loadavgIn(busy);
      expect(averages[0]).toBeGreaterThanOrEqual(0.3);
    }, patience);
    await vi.waitFor(async () => {
      const { averages } = await loadavgIn(deep);
      expect(averages[0]).toBeGreaterThanOrEqual(0.15);
      expect(averages[0]).toBeLessThan(1.1);
    }, patience);
    const [one = 0, five = 0, fifteen = 0] = (await loadavgIn(busy)).averages;
    expect(one).toBeLessThan(2 + 0.2 * slowness);
    expect(five).toBeLessThan(one);
    expect(fifteen).toBeLessThan(five);
    const [idleOne = 1] = (await loadavgIn(idle)).averages;
    // Those who read in it are counted, and take their time on a slow machine.
    expect(idleOne).toBeLessThan(0.1 * slowness);
  });

  it('are what uptime and w show', async (ctx) => {
    const lacking = missing('procps');
    ctx.skip(lacking !== undefined, lacking);
    for (const program of ['uptime', 'w']) {
      const { averages } = await loadavgIn(containers.busy);
      const shown = /load average: ([\d.]+), ([\d.]+), ([\d.]+)/.exec(
        await outputIn(containers.busy, [program]),
      );
      expect(shown?.slice(1).map(Number)).toHaveLength(3);
      expect(Number(shown?.[1])).toBeGreaterThanOrEqual(Math.max(0.3, averages[0] ?? 0));
    }
  });
});

describe('node', () => {
  it('has them as os.loadavg()', async () => {
    const argv = [process.execPath, '-p', 'JSON.stringify(os.loadavg())'];
    const [one = 0, ...longer] = JSON.parse(await outputIn(containers.busy, argv));
    expect(one).toBeGreaterThanOrEqual(0.3);
    expect(one).toBeLessThan(2 + 0.2 * slowness);
    expect(longer).toHaveLength(2);
  });
});

describe('--loadavg off', () => {
  it("shows the host's file", async () => {
    const daemon = await startDaemon({ args: ['--loadavg', 'off'] });
    try {
      const container = await start({}, daemon);
      const before = parseLoadavg(readFileSync('/proc/loadavg', 'latin1'));
      const shown = await loadavgIn(container);
      const after = parseLoadavg(readFileSync('/proc/loadavg', 'latin1'));
      expect([before.averages, after.averages]).toContainEqual(shown.averages);
      expect(shown.total).toBeGreaterThan(10);
      await container.stop();
    } finally {
      await daemon.stop();
    }
  });
});
