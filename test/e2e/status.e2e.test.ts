// nsproc status, metrics and set as commands, and the control socket under bad clients.

import { createConnection } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { controlSocketOf } from '../../src/daemon/run-directory.ts';
import { run } from '../support/commands.ts';
import { type Daemon, startDaemon } from '../support/daemon.ts';
import { parseMetrics } from '../support/metrics-text.ts';
import { runNsproc } from '../support/nsproc-process.ts';
import { programPath } from '../support/requirements.ts';
import { outputIn, useServingScene } from '../support/serving-scene.ts';
import { makeTeardown } from '../support/teardown.ts';

const scene = useServingScene();
const teardown = makeTeardown();
afterAll(() => teardown.run());

const ask = (command: string, ...args: string[]) =>
  runNsproc([command, ...args, '--mount-point', scene().daemon.mountPoint]);

async function askOrThrow(command: string, ...args: string[]): Promise<string> {
  const { stdout, stderr, status } = await ask(command, ...args);
  expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
  return stdout;
}

const statusNow = async () => JSON.parse(await askOrThrow('status', '--json'));

describe('status', () => {
  it('--json is one object with the daemon as it is', async () => {
    const { daemon } = scene();
    const container = await scene().start();
    await outputIn(container, ['cat', '/proc/uptime', '/proc/stat']);
    const status = await statusNow();
    expect(status.server).toMatchObject({
      pid: daemon.pid,
      mountPoint: daemon.mountPoint,
      resolver: expect.stringMatching(/^(ns-get-init-pid|ns-get-tgid|ucred)$/),
      version: expect.stringMatching(/^\d+\.\d+\.\d+/),
    });
    expect(status.switches.cpus).toEqual({ position: 'quota', isSet: false });
    expect(status.workers.living).toBe(status.workers.threads.length);
    expect(status.workers.answered).toBeGreaterThan(4);
    expect(status.process.residentBytes).toBeGreaterThan(10 * 2 ** 20);
    expect(status.process.openFds).toBeLessThan(status.process.openFdsLimit);
    expect(status.openFiles).toMatchObject({ entries: expect.any(Number), pages: 0 });
    expect(status.pressure.triggers).toBe(0);
  });

  it('is for people without it', async () => {
    const text = await askOrThrow('status');
    expect(text).toMatch(/^server\n/);
    expect(text).toMatch(new RegExp(`^ {2}pid +${scene().daemon.pid}$`, 'm'));
    expect(text).toMatch(/^ {2}virtualization +on$/m);
    expect(text).toMatch(/^ {2}resident +\d+\.\d MiB$/m);
    expect(text).not.toMatch(/undefined|NaN|\[object/);
  });

  it('counts what is answered', async () => {
    const before = (await statusNow()).workers.answered;
    const container = await scene().start();
    for (let turn = 0; turn < 10; turn++) await outputIn(container, ['cat', '/proc/uptime']);
    expect((await statusNow()).workers.answered).toBeGreaterThanOrEqual(before + 20);
  });
});

describe('metrics', () => {
  it('are in the text format of Prometheus, with units in their names', async () => {
    const metrics = parseMetrics(await askOrThrow('metrics'));
    expect(metrics.size).toBeGreaterThan(10);
    for (const [name, { type, help, samples }] of metrics) {
      expect(name).toMatch(/^nsproc_/);
      expect({ name, isTotal: name.endsWith('_total') }).toEqual({
        name,
        isTotal: type === 'counter',
      });
      expect(help).toMatch(/^[A-Z].*\.$/);
      for (const value of samples.values()) expect(value).toBeGreaterThanOrEqual(0);
    }
    expect(metrics.get('nsproc_switch_on')?.samples.get('{switch="swap"}')).toBe(1);
    expect(metrics.get('nsproc_workers')?.samples.get('')).toBeGreaterThan(0);
  });

  it('are what promtool takes', async (ctx) => {
    let promtool = '';
    try {
      promtool = programPath('promtool');
    } catch (error) {
      ctx.skip(String(error));
    }
    const text = await askOrThrow('metrics');
    const outcome = await run([promtool, 'check', 'metrics'], { input: text });
    expect(outcome).toMatchObject({ status: 0, stderr: '' });
  });
});

describe('set', () => {
  it('says what is set', async () => {
    expect(await askOrThrow('set', 'zswap', 'off')).toBe('zswap off\n');
    expect((await statusNow()).switches.zswap).toEqual({ position: 'off', isSet: true });
    expect(await askOrThrow('status')).toMatch(/^ {2}zswap +off \(set since the start\)$/m);
    expect(await askOrThrow('set', 'zswap', 'default')).toBe('zswap on, as started\n');
  });

  it.each([
    [['set', 'swop', 'off'], 'there are virtualization, swap'],
    [['set', 'swap', 'maybe'], 'choose default, on, off'],
    [['set', 'swap'], "missing required argument 'value'"],
  ])('%j ends with 2 and says why', async (args, reason) => {
    const { status, stderr, stdout } = await runNsproc(args);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain(reason);
  });
});

describe('without a daemon', () => {
  it.each([[['status']], [['status', '--json']], [['metrics']], [['set', 'swap', 'off']]])(
    '%j ends with 1 and says why, soon',
    async (args) => {
      const began = performance.now();
      const { status, stderr, stdout } = await runNsproc([...args, '--mount-point', '/no/nsproc']);
      expect(performance.now() - began).toBeLessThan(10_000);
      expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
      expect(stderr).toMatch(/^nsproc: No nsproc answers for \/no\/nsproc: .*--mount-point\.\n$/);
    },
  );

  it('that is stopped (SIGSTOP), they give up after 2 s', async () => {
    const daemon = await startDaemon();
    const statusOf = async () => {
      const { status } = await runNsproc(['status', '--mount-point', daemon.mountPoint]);
      return status;
    };
    try {
      // It serves readers a moment before it can be asked.
      await expect.poll(statusOf, { timeout: 20_000 }).toBe(0);
      daemon.pause();
      const began = performance.now();
      const { status, stderr } = await runNsproc(['status', '--mount-point', daemon.mountPoint]);
      expect(performance.now() - began).toBeGreaterThanOrEqual(2000);
      expect(status).toBe(1);
      expect(stderr).toContain('does not answer');
    } finally {
      daemon.resume();
      await daemon.stop();
    }
  });
});

describe('the socket of a daemon', () => {
  const serves = async ({ mountPoint }: Daemon) =>
    (await runNsproc(['status', '--mount-point', mountPoint])).status === 0;

  it('that was killed is taken by the next', async () => {
    const mountPoint = teardown.makeDir();
    const first = await startDaemon({ mountPoint });
    await first.kill();
    expect(await serves(first)).toBe(false);
    const second = await startDaemon({ mountPoint });
    expect(await serves(second)).toBe(true);
    await second.stop();
    await first.stop();
  });

  it('is the one at its mount point, where several run', async () => {
    const other = await startDaemon({ args: ['--workers', '3'] });
    try {
      const { stdout } = await runNsproc(['status', '--json', '--mount-point', other.mountPoint]);
      expect(JSON.parse(stdout).server.pid).toBe(other.pid);
      expect(JSON.parse(stdout).workers.threads).toHaveLength(3);
      expect((await statusNow()).server.pid).toBe(scene().daemon.pid);
    } finally {
      await other.stop();
    }
  });

  it('is missed by nobody who reads: without a place for it the daemon serves on', async () => {
    const env = { ...process.env, NSPROC_RUN_DIRECTORY: '/proc/nsproc' };
    const daemon = await startDaemon({ env });
    await vi.waitFor(() => expect(daemon.log()).toContain('no control socket'));
    expect(await daemon.stop()).toEqual({ status: 0, leftMount: false });
  });
});

/** What it is told until the daemon ends the connection. */
function send(bytes: string | Buffer): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    const socket = connect();
    socket.write(bytes);
    socket.setEncoding('utf8').on('data', (chunk) => {
      text += chunk;
    });
    socket.on('close', () => resolve(text));
  });
}

function connect() {
  const socket = createConnection(controlSocketOf(scene().daemon.mountPoint));
  return socket.on('error', () => undefined);
}

/** The same ones for a seed (a linear congruential generator). */
function randomBytes(seed: number): Buffer {
  let state = seed + 1;
  const bytes = Array.from({ length: seed * 20 }, () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return state >>> 24;
  });
  return Buffer.from(bytes);
}

describe('bad clients', () => {
  it.each([
    ['a long line', 'x'.repeat(100_000)],
    ['a long line of JSON', `{"command":"status","x":"${'x'.repeat(5000)}"}\n`],
    ['bytes that are no text', Buffer.from([0xff, 0xfe, 0, 1, 0x80, 10])],
    ['no object', '17\n'],
    ['an empty line', '\n'],
    ['half a line', '{"command":"sta'],
    ['an unknown command', '{"command":"format"}\n'],
    ['no such switch', '{"command":"set","name":"__proto__","value":"on"}\n'],
    ['a deep object', `{"command":${'['.repeat(2000)}${']'.repeat(2000)}}\n`],
  ])('%s is answered with an error', async (_what, bytes) => {
    const answer = JSON.parse(await send(bytes));
    expect(answer).toEqual({ ok: false, error: expect.any(String) });
    expect((await ask('status')).status).toBe(0);
  });

  it('a hundred connections that say nothing keep nobody out for long', async () => {
    const sockets = Array.from({ length: 100 }, connect);
    await sleep(100);
    const container = await scene().start();
    await outputIn(container, ['cat', '/proc/uptime']);
    const outcomes = await Promise.all([1, 2, 3].map(() => ask('status')));
    for (const socket of sockets) socket.destroy();
    expect(outcomes.map(({ status }) => status)).toEqual([0, 0, 0]);
  });

  it('random bytes do not move it', async () => {
    await Promise.all(Array.from({ length: 60 }, (_, seed) => send(randomBytes(seed))));
    const { workers, process: facts } = await statusNow();
    expect(workers.living).toBe(workers.threads.length);
    expect(facts.openFds).toBeLessThan(200);
  });
});
