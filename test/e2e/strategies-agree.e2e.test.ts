// All strategies that this kernel has, asked about the same containers at the same moment: they must
// give one answer, also while an init dies.

import { closeSync, openSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type PidStat, parsePidStat } from '../../src/kernel/pid-stat.ts';
import type { Reader } from '../../src/reader/reader.ts';
import type { Container } from '../support/containers.ts';
import { readParentPid } from '../support/processes.ts';
import { compileProgram, sleeper } from '../support/programs.ts';
import { missing } from '../support/requirements.ts';
import { makeScene, type ResolverScene } from '../support/resolver-scene.ts';
import { makeResolver, readerBehind, slowness, workingCases } from '../support/resolvers.ts';

const [best] = workingCases;
const lacking = best === undefined ? 'no strategy works' : missing('root');
const patience = { timeout: 20_000 * slowness };
let scene: ResolverScene;

beforeEach((ctx) => ctx.skip(lacking !== undefined, lacking));
beforeAll(() => {
  if (lacking === undefined && best !== undefined) scene = makeScene(best.strategy);
});
afterAll(() => scene?.teardown.run());

/** What a resolver that has never been asked says, by each strategy. */
function answersFor(tid: number): Record<string, Reader> {
  const answers = workingCases.map(({ name, strategy }): [string, Reader] => {
    const resolver = makeResolver(strategy, { cacheTtlMsec: 0 });
    const answer = resolver.resolve(tid);
    resolver.close();
    return [name, answer];
  });
  return Object.fromEntries(answers);
}

/** The same answer from each. */
function fromAll(answer: Reader): Record<string, Reader> {
  return Object.fromEntries(workingCases.map(({ name }) => [name, answer]));
}

/** What the strategies themselves say, before anything is verified. */
function initPidsIn(pidnsFd: number): (number | undefined)[] {
  return workingCases.map(({ strategy }) => strategy.readInitPid(pidnsFd));
}

describe('all strategies', () => {
  it('give the same init of an ordinary container, for init and for others in it', async () => {
    const container = await scene.start();
    const child = await scene.startChild(container.execArgv(sleeper));
    for (const tid of [container.initPid, child.pid]) {
      expect(answersFor(tid)).toEqual(fromAll(readerBehind(container.initPid)));
    }
  });

  it('give the same init at each level of nested containers', async () => {
    const outer = await scene.start();
    const inner = await scene.start({ nestedIn: outer });
    const innermost = await scene.start({ nestedIn: inner });
    const { outermostPidns } = readerBehind(outer.initPid);
    for (const { initPid } of [outer, inner, innermost]) {
      const expected = { ...readerBehind(initPid), outermostPidns };
      expect(answersFor(initPid)).toEqual(fromAll(expected));
    }
  });

  it('give the same init of a container with a user namespace, and of one in it', async () => {
    const outer = await scene.start({ userNamespace: true });
    const inner = await scene.start({ nestedIn: outer });
    for (const { initPid } of [outer, inner]) {
      const expected = { ...readerBehind(initPid), outermostPidns: undefined };
      expect(answersFor(initPid)).toEqual(fromAll(expected));
    }
  });

  it('find the init of threads', async () => {
    const { initPid } = await scene.start({ command: [compileProgram('threads')] });
    expect(answersFor(initPid)).toEqual(fromAll(readerBehind(initPid)));
  });
});

function statOf(pid: number): PidStat {
  return parsePidStat(readFileSync(`/proc/${pid}/stat`, 'latin1'));
}

/**
 * Kills init while the parent of a process in its namespace does not reap that process: init stays
 * half dead until then (zap_pid_ns_processes()). The function that comes back lets it end.
 */
async function halfKill({ initPid }: Container): Promise<() => Promise<void>> {
  const enter = ['nsenter', '--target', String(initPid), '--pid', '--', ...sleeper];
  const child = await scene.startChild(enter);
  const parent = readParentPid(child.pid);
  process.kill(parent, 'SIGSTOP');
  // Or it would still reap.
  await expect.poll(() => statOf(parent).state, patience).toBe('T');
  process.kill(initPid, 'SIGKILL');
  await expect.poll(() => statOf(initPid).isExiting, patience).toBe(true);
  return () => {
    process.kill(parent, 'SIGCONT');
    return child.stop();
  };
}

describe('all strategies, of a namespace whose init', () => {
  it('is about to die: nobody is there', async () => {
    const container = await scene.start();
    const letEnd = await halfKill(container);
    try {
      expect(answersFor(container.initPid)).toEqual(fromAll({ kind: 'gone' }));
    } finally {
      await letEnd();
    }
  });

  it('is dead and not reaped: nobody is there', async () => {
    const parent = await scene.startChild([compileProgram('unreaped-init')]);
    expect(answersFor(Number(parent.line))).toEqual(fromAll({ kind: 'gone' }));
  });

  it('dies while they are asked: they name it, then nobody', async () => {
    for (let round = 0; round < 10; round += 1) {
      const { initPid, stop } = await scene.start();
      const fd = openSync(`/proc/${initPid}/ns/pid`, 'r');
      const expected = fromAll(readerBehind(initPid));
      expect(answersFor(initPid)).toEqual(expected);
      const stopped = stop();
      for (const answer of Object.values(answersFor(initPid))) {
        expect([expected[best?.name ?? ''], { kind: 'gone' }]).toContainEqual(answer);
      }
      await stopped;
      expect(answersFor(initPid)).toEqual(fromAll({ kind: 'gone' }));
      expect(initPidsIn(fd)).toEqual(workingCases.map(() => undefined));
      closeSync(fd);
    }
  });
});
