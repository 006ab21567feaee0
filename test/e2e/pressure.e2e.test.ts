// /proc/pressure in containers: their own numbers, triggers by the kernel's rules, and what
// a hostile container can do with them.

import { existsSync, readFileSync } from 'node:fs';
import { beforeEach, describe, expect, it } from 'vitest';
import { run, runOrThrow } from '../support/commands.ts';
import { type Container, type ContainerOptions, joinArgv } from '../support/containers.ts';
import { startDaemon } from '../support/daemon.ts';
import { mountsBelow } from '../support/mounts.ts';
import { compileProgram } from '../support/programs.ts';
import { outputIn, useServingScene } from '../support/serving-scene.ts';
import { startWatched } from '../support/watched-process.ts';

const scene = useServingScene();
const unified = /^\S+ (\S+) cgroup2 /m.exec(readFileSync('/proc/mounts', 'utf8'))?.[1];
const lacking =
  unified !== undefined && existsSync('/proc/pressure/cpu')
    ? undefined
    : 'needs a v2 hierarchy and a kernel with pressure information (psi=1)';
beforeEach((ctx) => ctx.skip(lacking !== undefined, lacking));

const patience = { timeout: 20_000 * Number(process.env['NSPROC_TEST_SLOW'] ?? 1) };
const file = '/proc/pressure/cpu';
const trigger = 'some 100000 2000000';

async function startWithPressure(options: ContainerOptions = {}): Promise<Container> {
  const { mountPoint } = scene().daemon;
  await expect.poll(() => mountsBelow(mountPoint).length, patience).toBe(2);
  const source = `${mountPoint}/proc/pressure`;
  const mounts = [[source, '/proc/pressure']] as const;
  return scene().start({ cgroup: scene().makeCgroup(), mounts, ...options });
}

/** Runs the program with the triggers in a container. */
async function triggers(container: Container, ...args: string[]): Promise<string> {
  return (await outputIn(container, [compileProgram('pressure-triggers'), ...args])).trim();
}

/** CPU pressure in the container's own cgroup, for so long. */
async function withLoad<Result>(container: Container, work: () => Promise<Result>) {
  const spin = [compileProgram('pressure-triggers'), 'spin', '6', '20'];
  const load = run([...joinArgv(container.cgroup), ...spin]);
  const result = await work();
  await load;
  return result;
}

describe('the texts', () => {
  it("are those of the container's own cgroup", async () => {
    const container = await startWithPressure();
    const own = `${unified}${container.cgroup?.path}`;
    for (const resource of ['cpu', 'memory', 'io']) {
      const shown = await outputIn(container, ['cat', `/proc/pressure/${resource}`]);
      const host = readFileSync(`/proc/pressure/${resource}`, 'utf8');
      expect(shown).toMatch(/^some avg10=\d+\.\d\d avg60=\d+\.\d\d avg300=\d+\.\d\d total=\d+$/m);
      expect(shown.split('\n').length).toBe(host.split('\n').length);
    }
    const total = (text: string) => Number(/total=(\d+)/.exec(text)?.[1]);
    const shown = total(await outputIn(container, ['cat', file]));
    expect(shown).toBeLessThanOrEqual(total(readFileSync(`${own}/cpu.pressure`, 'utf8')));
    expect(shown).toBeLessThan(total(readFileSync(file, 'utf8')));
  });

  it('have the places and rights that the kernel gives them', async () => {
    const container = await startWithPressure();
    const list = await outputIn(container, ['stat', '-c', '%n %a', '/proc/pressure/cpu']);
    expect(list.trim()).toBe('/proc/pressure/cpu 666');
    const names = await outputIn(container, ['ls', '/proc/pressure']);
    expect(names.trim().split('\n')).toEqual(['cpu', 'io', 'memory']);
    const { status } = await container.exec(['sh', '-c', 'rm /proc/pressure/cpu']);
    expect(status).not.toBe(0);
  });

  it('can be written by the host no more than its own, through the mount', async () => {
    const { mountPoint } = scene().daemon;
    const { stderr } = await run(['sh', '-c', `echo > ${mountPoint}/proc/pressure/cpu`]);
    expect(stderr).toContain('Permission denied');
  });
});

describe('a trigger', () => {
  it('wakes those who poll when tasks have stalled, and nobody else', async () => {
    const [busy, idle] = [await startWithPressure(), await startWithPressure()];
    const [poll, epoll, other] = await withLoad(busy, () =>
      Promise.all([
        triggers(busy, 'watch', file, trigger, '15000'),
        triggers(busy, 'epoll', file, trigger, '15000'),
        triggers(idle, 'watch', '/proc/pressure/memory', trigger, '8000'),
      ]),
    );
    expect({ poll, epoll, other }).toEqual({
      poll: 'ready\n2',
      epoll: 'ready\n2',
      other: 'ready\n0',
    });
  });

  it("is refused with the kernel's errors", async () => {
    const container = await startWithPressure();
    const errno = (text: string) => triggers(container, 'write', file, text);
    expect(await errno(trigger)).toBe('0');
    expect(await errno(`${trigger}\n`)).toBe('0');
    for (const text of ['', 'none 1 2', 'some 0 2000000', 'some 3000000 2000000']) {
      expect([text, await errno(text)]).toEqual([text, '22']);
    }
    expect(await errno('some 100000 12000000')).toBe('22');
  });

  it('of another window than 2 s is refused without CAP_SYS_RESOURCE', async () => {
    const container = await startWithPressure();
    const program = compileProgram('pressure-triggers');
    const drop = ['setpriv', '--bounding-set=-sys_resource', '--inh-caps=-sys_resource', program];
    const { stdout } = await container.exec([...drop, 'write', file, 'some 100000 1000000']);
    expect(stdout.trim()).toBe('22');
  });
});

describe('a hostile container', () => {
  it('gets 64 triggers, and another one still gets its own', async () => {
    const [hostile, other] = [await startWithPressure(), await startWithPressure()];
    const [taken = '', error] = (await triggers(hostile, 'many', file, trigger, '500')).split(' ');
    expect(Number(taken)).toBe(64);
    expect(error).toBe('28');
    expect(await triggers(other, 'write', file, trigger)).toBe('0');
  });

  it('opens, writes, polls and closes 10,000 times, and others are served all the while', async () => {
    const [hostile, other] = [await startWithPressure(), await startWithPressure()];
    const storm = triggers(hostile, 'storm', file, trigger, '10000');
    for (let round = 0; round < 5; round++) {
      expect(await outputIn(other, ['cat', file])).toContain('some avg10=');
      expect(await triggers(other, 'write', file, trigger)).toBe('0');
    }
    expect(await storm).toBe('done');
    expect(scene().daemon.log()).not.toContain('lost a worker');
  });

  it('that dies with triggers leaves none behind', async () => {
    const container = await startWithPressure();
    const program = compileProgram('pressure-triggers');
    const held = run(container.execArgv([program, 'watch', file, trigger, '60000']));
    await triggers(container, 'many', file, trigger, '500');
    await container.stop();
    await held;
    const { pid } = scene().daemon;
    // Those that are only read are kept for a while.
    const open = async () => {
      const links = (await run(['sh', '-c', `ls -l /proc/${pid}/fd`])).stdout.split('\n');
      return links.filter((link) => link.startsWith('lrwx') && link.endsWith('.pressure'));
    };
    await expect.poll(open, patience).toEqual([]);
  });
});

describe('a hostile container that nests', () => {
  it('gets no more, whatever pid namespaces and cgroups it makes', async () => {
    const cgroup = scene().makeCgroup();
    const outer = await startWithPressure({ cgroup: cgroup.makeChild('outer') });
    const hold = ['many', file, trigger, '40', '60'];
    const held = startWatched(outer.execArgv([compileProgram('pressure-triggers'), ...hold]));
    await held.untilPrinted(/^40 0$/m);
    let innermost = outer;
    for (const name of ['middle', 'inner']) {
      const options = { nestedIn: innermost, cgroup: cgroup.makeChild(name) };
      innermost = await startWithPressure(options);
    }
    const [taken = '', error] = (await triggers(innermost, 'many', file, trigger, '40')).split(' ');
    expect(Number(taken)).toBe(24);
    expect(error).toBe('28');
    await outer.stop();
    await held.ended;
  });
});

describe('a daemon that was killed', () => {
  it('is replaced together with its pressure files', async () => {
    const mountPoint = scene().teardown.makeDir();
    const first = await startDaemon({ mountPoint });
    await expect.poll(() => mountsBelow(mountPoint).length, patience).toBe(2);
    await first.kill();
    const second = await startDaemon({ mountPoint });
    await expect.poll(() => mountsBelow(mountPoint).length, patience).toBe(2);
    expect(await runOrThrow(['cat', `${mountPoint}/proc/pressure/cpu`])).toContain('some');
    expect(await second.stop()).toEqual({ status: 0, leftMount: false });
    await first.stop();
  });
});
