// Whose cgroup counts, with real processes in real namespaces. The rules themselves
// have their table in test/unit/reader/cgroup-policy.test.ts.

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { makeCgroup, type TestCgroup } from '../support/cgroups.ts';
import { sleeper } from '../support/programs.ts';
import { missing } from '../support/requirements.ts';
import { makeScene, type ResolverScene } from '../support/resolver-scene.ts';
import { readerBehind, startTicksOf, workingCases } from '../support/resolvers.ts';

const lacking = workingCases.length === 0 ? 'no strategy works' : missing('root');

let scene: ResolverScene;

beforeEach((ctx) => ctx.skip(lacking !== undefined, lacking));
beforeAll(() => {
  const [working] = workingCases;
  if (lacking === undefined && working !== undefined) scene = makeScene(working.strategy);
});
afterAll(() => scene?.teardown.run());

function makeOtherCgroup(): TestCgroup {
  const other = makeCgroup();
  scene.teardown.add(() => other.remove());
  return other;
}

describe('the cgroup that counts in the pid namespace of the host', () => {
  it('none, for a process of the host', async () => {
    const { pid } = await scene.startChild(sleeper);
    expect(scene.resolver.identify(pid)).toMatchObject({
      reader: { kind: 'host' },
      rule: 'host-process',
    });
  });

  it('the own one, for a process with mounts of its own', async () => {
    const { initPid } = await scene.start({ pidNamespace: 'host' });
    const { reader, rule } = scene.resolver.identify(initPid);
    expect(rule).toBe('host-pid-container');
    const initStartTicks = startTicksOf(1);
    const behind = { ...readerBehind(initPid), outermostPidns: undefined };
    expect(reader).toEqual({ ...behind, initPid: 1, initStartTicks });
    expect(scene.resolver.identify(initPid).reader).toEqual(reader);
  });
});

describe('the cgroup that counts in the pid namespace of a container', () => {
  it("init's, wherever it is moved", async () => {
    const { initPid } = await scene.start();
    const before = scene.resolver.resolve(initPid);
    makeOtherCgroup().addProcess(initPid);
    const after = scene.resolver.resolve(initPid);
    expect(after).toEqual(readerBehind(initPid));
    expect(after).not.toEqual(before);
  });

  it("init's, for who entered the pid namespace from the host's mounts", async () => {
    const { initPid } = await scene.start();
    const enter = ['nsenter', '--target', String(initPid), '--pid', '--', ...sleeper];
    const { pid } = await scene.startChild(enter);
    expect(scene.resolver.identify(pid).rule).toBe('mounts-of-host');
    expect(scene.resolver.resolve(pid)).toEqual(readerBehind(initPid));
  });

  it("init's, for who entered from another cgroup and mounts of its own", async () => {
    const { initPid } = await scene.start();
    const enter = ['nsenter', '--target', String(initPid), '--pid', 'unshare', '--mount'];
    const { pid } = await scene.startChild([...enter, '--', ...sleeper]);
    expect(scene.resolver.identify(pid).rule).toBe('entered-from-elsewhere');
    expect(scene.resolver.resolve(pid)).toEqual(readerBehind(initPid));
  });

  it("init's, for who lives below init and has mounts of its own", async () => {
    const container = await scene.start();
    const child = await scene.startChild(
      container.execArgv(['unshare', '--mount', '--', ...sleeper]),
    );
    expect(scene.resolver.identify(child.pid).rule).toBe('below-init');
    expect(scene.resolver.resolve(child.pid)).toEqual(readerBehind(container.initPid));
  });
});

describe('the cgroup that counts in a pid namespace that containers share', () => {
  it('that of the own container, also from a cgroup that this makes for itself', async () => {
    const pod = makeOtherCgroup();
    const pause = await scene.start({ cgroup: pod.makeChild('pause') });
    const cgroup = pod.makeChild('app').makeChild('sub');
    const options = { nestedIn: pause, pidNamespace: 'host', cgroup } as const;
    const { initPid } = await scene.start(options);
    const { rule, reader } = scene.resolver.identify(initPid);
    expect(rule).toBe('shared-pid-namespace');
    const cgroupText = readerBehind(initPid).cgroupText.replaceAll('/app/sub', '/app');
    expect(cgroupText).toContain(`${pod.path}/app\n`);
    expect(reader).toEqual({ ...readerBehind(pause.initPid), cgroupText });
  });
});
