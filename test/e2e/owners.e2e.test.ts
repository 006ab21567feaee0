// Whom a reader is counted to, whatever namespaces and cgroups it makes for itself.

import { chownSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { readLayout } from '../../src/cgroup/read-layout.ts';
import { clock } from '../../src/kernel/clock.ts';
import { Containers } from '../../src/procfs/containers.ts';
import { chooseStrategy } from '../../src/reader/choose-strategy.ts';
import { makeCgroup, type TestCgroup } from '../support/cgroups.ts';
import { type Container, joinArgv } from '../support/containers.ts';
import { missing, programPath } from '../support/requirements.ts';
import { makeScene, type ResolverScene } from '../support/resolver-scene.ts';

const lacking = missing('root', 'util-linux', 'cgroup:memory');
const nobody = 65534;
let scene: ResolverScene;
let containers: Containers;

beforeAll(() => {
  if (lacking !== undefined) return;
  scene = makeScene(chooseStrategy('auto'));
  containers = new Containers(readLayout(), clock);
  scene.teardown.add(() => containers.close());
});
afterAll(() => scene?.teardown.run());
beforeEach((ctx) => ctx.skip(lacking !== undefined, lacking));

function ownerOf(pid: number): number {
  const reader = scene.resolver.resolve(pid);
  if (reader.kind !== 'container') throw new Error(`Cannot tell the owner of a ${reader.kind}`);
  return containers.of(reader).owner;
}

function makeOwnCgroup(): TestCgroup {
  const cgroup = makeCgroup();
  scene.teardown.add(() => cgroup.remove());
  return cgroup;
}

/** As an ordinary user of the host, or of a container, makes one. */
async function startOfNobody(cgroup: TestCgroup): Promise<number> {
  const asNobody = ['setpriv', `--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups'];
  const own = ['unshare', '--user', '--map-root-user', '--pid', '--fork', '--mount-proc'];
  const argv = [...joinArgv(cgroup), programPath('setpriv'), ...asNobody.slice(1), ...own];
  return (await scene.startChild([...argv, 'sh', '-c', 'echo ready && exec sleep 86400'])).pid;
}

/** Lets a user make cgroups in this one, as a service manager does. */
function delegate(cgroup: TestCgroup): void {
  chownSync(cgroup.dirOf('memory'), nobody, nobody);
}

describe('the owner of a container', () => {
  it('is another one for each container', async () => {
    const owners = await Promise.all(
      [1, 2, 3].map(async () => ownerOf((await scene.start()).initPid)),
    );
    expect(new Set(owners).size).toBe(3);
  });

  it('is that of the outermost, in whatever it nests', async () => {
    const cgroup = makeOwnCgroup();
    const outer = await scene.start({ cgroup: cgroup.makeChild('outer') });
    let innermost: Container = outer;
    for (const userNamespace of [false, true]) {
      const inner = cgroup.makeChild(`inner-${userNamespace}`);
      innermost = await scene.start({ nestedIn: innermost, cgroup: inner, userNamespace });
      expect(ownerOf(innermost.initPid)).toBe(ownerOf(outer.initPid));
    }
  });

  it('stays when its init is moved to another cgroup', async () => {
    const cgroup = makeOwnCgroup();
    const { initPid } = await scene.start({ cgroup: cgroup.makeChild('first') });
    const before = ownerOf(initPid);
    cgroup.makeChild('second').addProcess(initPid);
    expect(ownerOf(initPid)).toBe(before);
  });
});

describe('the owner of what user namespaces make', () => {
  it('is the cgroup', async () => {
    const [first, second] = [makeOwnCgroup(), makeOwnCgroup()];
    const start = (cgroup: TestCgroup) => scene.start({ cgroup, userNamespace: true });
    const [one, another, other] = [await start(first), await start(first), await start(second)];
    expect(ownerOf(another.initPid)).toBe(ownerOf(one.initPid));
    expect(ownerOf(other.initPid)).not.toBe(ownerOf(one.initPid));
  });

  it('is the highest cgroup that is delegated to the user', async () => {
    const cgroup = makeOwnCgroup();
    const [top, other] = [cgroup.makeChild('top'), cgroup.makeChild('other')];
    const pids: number[] = [];
    for (const name of ['one', 'two']) {
      const child = top.makeChild(name);
      delegate(child);
      pids.push(await startOfNobody(child));
    }
    const [one = 0, two = 0] = pids;
    expect(ownerOf(one)).not.toBe(ownerOf(two));
    delegate(top);
    containers.close();
    expect(ownerOf(one)).toBe(ownerOf(two));
    expect(ownerOf(await startOfNobody(other))).not.toBe(ownerOf(one));
  });
});

describe('the owner of who is in the pid namespace of the host', () => {
  it('is the cgroup', async () => {
    const [first, second] = [makeOwnCgroup(), makeOwnCgroup()];
    const start = (cgroup: TestCgroup) => scene.start({ cgroup, pidNamespace: 'host' });
    const [one, another, other] = [await start(first), await start(first), await start(second)];
    expect(ownerOf(another.initPid)).toBe(ownerOf(one.initPid));
    expect(ownerOf(other.initPid)).not.toBe(ownerOf(one.initPid));
  });
});
