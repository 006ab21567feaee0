// Who asks: every strategy that this kernel has, on containers of every shape.

import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parsePidStat } from '../../src/kernel/pid-stat.ts';
import { SystemError } from '../../src/kernel/system-error.ts';
import { compileProgram, sleeper } from '../support/programs.ts';
import { makeScene, type ResolverScene } from '../support/resolver-scene.ts';
import {
  pidnsInodeOf,
  readerBehind,
  slowness,
  strategyCases,
  workingCases,
} from '../support/resolvers.ts';

for (const found of strategyCases) {
  it(`${found.name} is tried`, (ctx) => {
    if ('reason' in found) ctx.skip(found.reason);
  });
}

describe.each(workingCases)('ReaderResolver.resolve() by $name', ({ strategy }) => {
  let scene: ResolverScene;
  beforeAll(() => {
    scene = makeScene(strategy);
  });
  afterAll(() => scene.teardown.run());

  it('finds the init of a container, from itself and from a child', async () => {
    const container = await scene.start();
    const child = await scene.startChild(container.execArgv(sleeper));
    const expected = readerBehind(container.initPid);
    expect(expected.cgroupText).toContain(scene.cgroup.path);
    expect(scene.resolver.resolve(container.initPid)).toEqual(expected);
    expect(scene.resolver.resolve(child.pid)).toEqual(expected);
  });

  it('finds the innermost init of nested containers', async () => {
    const outer = await scene.start();
    const middle = await scene.start({ nestedIn: outer });
    const inner = await scene.start({ nestedIn: middle });
    for (const { initPid } of [outer, middle, inner]) {
      const outermostPidns = pidnsInodeOf(outer.initPid);
      const expected = { ...readerBehind(initPid), outermostPidns };
      expect(scene.resolver.resolve(initPid)).toEqual(expected);
    }
  });

  it('finds the init of a container with a user namespace', async () => {
    const { initPid } = await scene.start({ userNamespace: true });
    const expected = { ...readerBehind(initPid), outermostPidns: undefined };
    expect(scene.resolver.resolve(initPid)).toEqual(expected);
  });

  it('finds the init of a thread that leads no process', async () => {
    const { initPid } = await scene.start({ command: [compileProgram('threads')] });
    const tid = await secondThread(initPid);
    expect(scene.resolver.resolve(tid)).toEqual(readerBehind(initPid));
  });
});

describe.each(workingCases)(
  'ReaderResolver.resolve() by $name, an init of threads',
  ({ strategy }) => {
    let scene: ResolverScene;
    beforeAll(() => {
      scene = makeScene(strategy);
    });
    afterAll(() => scene.teardown.run());

    it('finds an init whose first thread has exited, in the cgroup of the others', async () => {
      const { initPid } = await scene.start({
        command: [compileProgram('threads'), 'first exits'],
      });
      const tid = await secondThread(initPid);
      await expect.poll(() => stateOf(initPid)).toBe('Z');
      const cgroupText = readFileSync(`/proc/${initPid}/task/${tid}/cgroup`, 'latin1');
      expect(scene.resolver.resolve(tid)).toEqual({ ...readerBehind(initPid), cgroupText });
      expect(scene.resolver.resolve(tid)).toEqual({ ...readerBehind(initPid), cgroupText });
    });

    it('finds it also when that thread exits after it was found', async () => {
      const options = { command: [compileProgram('threads'), 'first exits', 'slowly'] };
      const { initPid } = await scene.start(options);
      const tid = await secondThread(initPid);
      const before = scene.resolver.resolve(tid);
      expect(stateOf(initPid)).toBe('S');
      expect(before).toEqual(readerBehind(initPid));
      process.kill(initPid, 'SIGUSR1');
      await expect.poll(() => stateOf(initPid)).toBe('Z');
      expect(scene.resolver.resolve(tid)).toEqual(before);
    });
  },
);

describe.each(workingCases)(
  'ReaderResolver.resolve() by $name, nobody to be found',
  ({ strategy }) => {
    let scene: ResolverScene;
    beforeAll(() => {
      scene = makeScene(strategy);
    });
    afterAll(() => scene.teardown.run());

    it('is gone when init is a zombie', async () => {
      const parent = await scene.startChild([compileProgram('unreaped-init')]);
      expect(stateOf(Number(parent.line))).toBe('Z');
      expect(scene.resolver.resolve(Number(parent.line))).toEqual({ kind: 'gone' });
    });

    it('is gone for a caller without a number, and for one that has ended', async () => {
      const ended = await scene.startChild(sleeper);
      await ended.stop();
      expect(scene.resolver.resolve(0)).toEqual({ kind: 'gone' });
      expect(scene.resolver.resolve(ended.pid)).toEqual({ kind: 'gone' });
    });
  },
);

describe.each(workingCases)('ReaderResolver.resolve() by $name, failing', ({ strategy }) => {
  let scene: ResolverScene;
  beforeAll(() => {
    scene = makeScene(strategy);
  });
  afterAll(() => scene.teardown.run());

  it('finds no init in a namespace that is torn down, at once', async () => {
    const container = await scene.start();
    const fd = openSync(`/proc/${container.initPid}/ns/pid`, 'r');
    try {
      expect(strategy.readInitPid(fd)).toBe(container.initPid);
      await container.stop();
      const startMsec = performance.now();
      expect(strategy.readInitPid(fd)).toBeUndefined();
      expect(performance.now() - startMsec).toBeLessThan(400 * slowness);
    } finally {
      closeSync(fd);
    }
  });

  it('fails at once on what is no pid namespace', () => {
    const fd = openSync('/proc/self/ns/mnt', 'r');
    try {
      const startMsec = performance.now();
      expect(() => strategy.readInitPid(fd)).toThrow(SystemError);
      expect(performance.now() - startMsec).toBeLessThan(400 * slowness);
    } finally {
      closeSync(fd);
    }
  });
});

function stateOf(pid: number): string {
  return parsePidStat(readFileSync(`/proc/${pid}/stat`, 'latin1')).state;
}

async function secondThread(pid: number): Promise<number> {
  const threads = () => readdirSync(`/proc/${pid}/task`).map(Number);
  await expect.poll(() => threads().length, { timeout: 30_000 }).toBe(2);
  return threads().find((tid) => tid !== pid) ?? 0;
}
