// What the resolver keeps, for how long, and that it gives every fd back.

import { readdirSync, readlinkSync } from 'node:fs';
import { constants } from 'node:os';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { SystemError } from '../../src/kernel/system-error.ts';
import { ReaderResolver } from '../../src/reader/resolver.ts';
import type { InitStrategy } from '../../src/reader/strategies/init-strategy.ts';
import { missing } from '../support/requirements.ts';
import { makeScene, type ResolverScene } from '../support/resolver-scene.ts';
import { makeResolver, readerBehind, watched, workingCases } from '../support/resolvers.ts';

const lacking = workingCases.length === 0 ? 'no strategy works' : missing('root');
const gone = { kind: 'gone' };

let strategy: InitStrategy;
let scene: ResolverScene;

beforeEach((ctx) => ctx.skip(lacking !== undefined, lacking));
beforeAll(() => {
  const [working] = workingCases;
  if (lacking !== undefined || working === undefined) return;
  strategy = working.strategy;
  scene = makeScene(strategy);
});
afterAll(() => scene?.teardown.run());

/** Of the kinds that a resolver holds: what else is open may be closed by earlier tests. */
function openFdCount(): number {
  const isHeld = (fd: string) => /pidfd|^pid:|[/]cgroup$/.test(targetOf(fd));
  return readdirSync('/proc/self/fd').filter(isHeld).length;
}

function targetOf(fd: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    // The fd with which the folder was listed.
    return '';
  }
}

/** As a worker does: no timer fires meanwhile. */
function blockFor(msec: number): void {
  const startMsec = performance.now();
  while (performance.now() - startMsec < msec);
}

describe('the cache of ReaderResolver', () => {
  it('asks once for a namespace and answers with the identical text', async () => {
    const { initPid } = await scene.start();
    const { seen, strategy: counted } = watched(strategy);
    const resolver = makeResolver(counted);
    const [first, second] = [resolver.resolve(initPid), resolver.resolve(initPid)];
    expect(second).toEqual(first);
    expect(second).toEqual(readerBehind(initPid));
    expect(seen.count).toBe(1);
    resolver.close();
  });

  it('asks again when the time is over, in a thread whose timers never fire', async () => {
    const { initPid } = await scene.start();
    const { seen, strategy: counted } = watched(strategy);
    const resolver = makeResolver(counted, { cacheTtlMsec: 20 });
    const fds = openFdCount();
    resolver.resolve(initPid);
    blockFor(40);
    resolver.resolve(initPid);
    expect(seen.count).toBe(2);
    resolver.close();
    expect(openFdCount()).toBe(fds);
  });

  it('keeps nothing for a time of 0', async () => {
    const { initPid } = await scene.start();
    const { seen, strategy: counted } = watched(strategy);
    const resolver = makeResolver(counted, { cacheTtlMsec: 0 });
    for (let round = 0; round < 3; round += 1) resolver.resolve(initPid);
    expect(seen.count).toBe(3);
    resolver.close();
  });
});

describe('the fds of ReaderResolver', () => {
  it('are closed when a namespace is dropped, and when all is closed', async () => {
    const inits = [await scene.start(), await scene.start(), await scene.start()];
    const resolver = makeResolver(strategy, { cacheMax: 1 });
    const empty = openFdCount();
    resolver.resolve(inits[0]?.initPid ?? 0);
    const one = openFdCount();
    expect(one).toBeGreaterThan(empty);
    for (let round = 0; round < 20; round += 1) {
      for (const { initPid } of inits) {
        expect(resolver.resolve(initPid)).toEqual(readerBehind(initPid));
      }
    }
    expect(openFdCount()).toBe(one);
    resolver.close();
    expect(openFdCount()).toBe(empty);
  });
});

describe('the verification of ReaderResolver', () => {
  it('does not outlive init: another init of the same namespace number is found', async () => {
    const resolver = makeResolver(strategy);
    for (let round = 0; round < 5; round += 1) {
      const container = await scene.start();
      expect(resolver.resolve(container.initPid)).toEqual(readerBehind(container.initPid));
      await container.stop();
      expect(resolver.resolve(container.initPid)).toEqual(gone);
    }
    resolver.close();
  });
  it('rejects a pid that has been given to a process of another namespace', async () => {
    const [asked, other] = [await scene.start(), await scene.start()];
    const ended = await scene.start();
    await ended.stop();
    const empty = openFdCount();
    for (const wrong of [other.initPid, process.pid, 1, ended.initPid]) {
      const resolver = makeResolver(watched(strategy, () => wrong).strategy);
      expect(resolver.resolve(asked.initPid)).toEqual(gone);
      resolver.close();
    }
    expect(openFdCount()).toBe(empty);
  });
});

describe('a failure of the strategy', () => {
  it('is reported, and the question is not asked again at once', async () => {
    const { initPid } = await scene.start();
    const { seen, strategy: failing } = watched(strategy, () => {
      throw new SystemError('ask', 1);
    });
    const failures: SystemError[] = [];
    const resolver = new ReaderResolver({
      strategy: failing,
      cacheTtlMsec: 1000,
      onFailure: (error) => failures.push(error),
    });
    const empty = openFdCount();
    for (let round = 0; round < 3; round += 1) {
      expect(resolver.identify(initPid)).toMatchObject({
        reader: gone,
        rule: 'no-init',
        problem: 'Cannot ask: EPERM',
      });
    }
    expect([seen.count, failures.length]).toEqual([1, 1]);
    resolver.close();
    expect(openFdCount()).toBe(empty);
  });
});

describe('a shortage of fds', () => {
  it('is thrown, with nothing left open', async () => {
    const { initPid } = await scene.start();
    const { strategy: failing } = watched(strategy, () => {
      throw new SystemError('open it', constants.errno.EMFILE);
    });
    const resolver = makeResolver(failing);
    const empty = openFdCount();
    for (let round = 0; round < 3; round += 1) {
      expect(() => resolver.resolve(initPid)).toThrow('EMFILE');
    }
    expect(openFdCount()).toBe(empty);
    resolver.close();
  });
});

describe('a failure that took long', () => {
  it('costs the container little when it happens once, more when it goes on', async () => {
    const { initPid } = await scene.start();
    const { seen, strategy: late } = watched(strategy, () => {
      blockFor(100);
      throw new SystemError('ask', 1);
    });
    const resolver = makeResolver(late);
    const asksAfter = (msec: number) => {
      blockFor(msec);
      const before = seen.count;
      resolver.resolve(initPid);
      return seen.count > before;
    };
    expect([asksAfter(0), asksAfter(500), asksAfter(700)]).toEqual([true, false, true]);
    // A twentieth of the time from here on.
    expect([asksAfter(1200), asksAfter(3000)]).toEqual([false, true]);
    resolver.close();
  });
});
