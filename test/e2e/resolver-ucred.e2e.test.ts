// The strategy that starts processes: none stays, none is waited for without limit, and
// a container can't make it do either.

import { once } from 'node:events';
import { closeSync, openSync, readdirSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { runProgram } from '../../src/kernel/run-program.ts';
import { SystemError } from '../../src/kernel/system-error.ts';
import type { InitStrategy } from '../../src/reader/strategies/init-strategy.ts';
import { findDescendants } from '../support/processes.ts';
import { compileProgram } from '../support/programs.ts';
import { makeScene, type ResolverScene } from '../support/resolver-scene.ts';
import { slowness, strategyCases } from '../support/resolvers.ts';

const found = strategyCases.find(({ name }) => name === 'ucred');
const lacking = found === undefined || 'reason' in found ? (found?.reason ?? 'none') : undefined;

let scene: ResolverScene;
let strategy: InitStrategy;

beforeEach((ctx) => ctx.skip(lacking !== undefined, lacking));
beforeAll(() => {
  if (found === undefined || 'reason' in found) return;
  strategy = found.strategy;
  scene = makeScene(strategy);
});
afterAll(() => scene?.teardown.run());

/** What the strategy says of that process's namespace; the errno if it fails. */
function ask(pid: number): number | string | undefined {
  const fd = openSync(`/proc/${pid}/ns/pid`, 'r');
  try {
    return strategy.readInitPid(fd);
  } catch (error) {
    if (error instanceof SystemError) return error.code;
    throw error;
  } finally {
    closeSync(fd);
  }
}

function openFds(): string[] {
  return readdirSync('/proc/self/fd');
}

/** What is left of earlier tests may go at any time, so only what came counts. */
function without<T>(after: readonly T[], before: readonly T[]): T[] {
  return after.filter((one) => !before.includes(one));
}

describe('ucred', () => {
  it('leaves neither process nor fd behind', async () => {
    const { initPid } = await scene.start();
    const [children, fds] = [findDescendants(process.pid), openFds()];
    for (let round = 0; round < 50; round += 1) {
      expect(ask(initPid)).toBe(initPid);
    }
    expect(without(findDescendants(process.pid), children)).toEqual([]);
    expect(without(openFds(), fds)).toEqual([]);
  });

  // A traced process can be kept for a limit and, once killed, for another.
  it.each([
    ['stops', 400],
    ['kills', 400],
    ['traces', 2500],
  ])('is bounded when the container %s all that enters', async (mode, limitMsec) => {
    const container = await scene.start({ command: [compileProgram('hostile-init'), mode] });
    const { initPid } = container;
    for (let round = 0; round < 5; round += 1) {
      const startMsec = performance.now();
      const answer = ask(initPid);
      expect(performance.now() - startMsec).toBeLessThan(limitMsec * slowness);
      expect([initPid, 'ECANCELED', 'ETIMEDOUT']).toContain(answer);
    }
    await container.stop();
  });
});

describe('runProgram()', () => {
  it('cannot start what is not there', () => {
    const fds = openFds();
    const input = { stdinFd: 0, limitMsec: 100 };
    expect(() => runProgram('/nonexistent', input)).toThrow(/ENOENT/);
    expect(without(openFds(), fds)).toEqual([]);
  });

  it('kills a program that is late', () => {
    const fd = openSync('/dev/zero', 'r');
    const startMsec = performance.now();
    // Reads for ever, and never says a word.
    expect(runProgram('/usr/bin/md5sum', { stdinFd: fd, limitMsec: 100 })).toBeUndefined();
    expect(performance.now() - startMsec).toBeGreaterThan(90);
    closeSync(fd);
  });
});

describe('ucred in a worker thread', () => {
  it('works from a worker thread, also with a large parent', async () => {
    const { initPid } = await scene.start();
    const ballast = Buffer.alloc(100 * 2 ** 20, 1);
    const answer = await askInWorker(initPid);
    expect(ballast.length).toBeGreaterThan(0);
    expect(answer).toMatchObject({ kind: 'container', initPid });
  });
});

/** resolve() in a thread of this process; threads can only load what is compiled. */
async function askInWorker(tid: number): Promise<unknown> {
  const url = (module: string) => new URL(`../../dist/reader/${module}`, import.meta.url).href;
  const code = `
    const { parentPort } = await import('node:worker_threads');
    const { ReaderResolver } = await import('${url('resolver.js')}');
    const { chooseStrategy } = await import('${url('choose-strategy.js')}');
    const strategy = chooseStrategy('ucred');
    const resolver = new ReaderResolver({ strategy, cacheTtlMsec: 1000 });
    parentPort.postMessage(resolver.resolve(${tid}));
    resolver.close();
  `;
  const source = new URL(`data:text/javascript,${encodeURIComponent(code)}`);
  const worker = new Worker(source, { execArgv: [] });
  const [answer] = (await once(worker, 'message')) as [unknown];
  await worker.terminate();
  return answer;
}
