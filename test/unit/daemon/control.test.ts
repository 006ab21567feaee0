// Control without a daemon: its socket, its commands and its signal.

import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type RunningControl, startControl } from '../../../src/daemon/control.ts';
import { askDaemon, ControlError } from '../../../src/daemon/control-client.ts';
import { RequestError } from '../../../src/daemon/control-commands.ts';
import { gauge } from '../../../src/daemon/metrics.ts';
import { controlSocketOf } from '../../../src/daemon/run-directory.ts';
import { Switches } from '../../../src/daemon/switches.ts';
import { type LineServer, listenForLines } from '../../../src/kernel/line-server.ts';

const mountPoint = '/mnt/control test';
const flags = {
  virtualization: 'on',
  swap: 'on',
  zswap: 'on',
  loadavg: 'off',
  cpus: 'quota',
} as const;

let root: string;
let running: RunningControl[];
let logged: { level: number; msg: string }[];

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'nsproc-test-'));
  vi.stubEnv('NSPROC_RUN_DIRECTORY', join(root, 'run'));
  running = [];
  logged = [];
});
afterEach(() => {
  for (const control of running) control.close();
  vi.unstubAllEnvs();
  rmSync(root, { recursive: true });
});

function start(switches = new Switches(Switches.allocate(), flags)): Switches {
  const sink = { write: (line: string) => logged.push(JSON.parse(line)) };
  running.push(
    startControl({
      mountPoint,
      switches,
      sources: [
        {
          part: 'one',
          status: () => ({ sum: 1 }),
          metrics: () => [gauge('nsproc_one', 'One.', 1)],
        },
      ],
      commands: {
        upgrade: () => {
          throw new RequestError('nobody can do that');
        },
      },
      log: pino({ level: 'debug' }, sink),
    }),
  );
  return switches;
}

const socket = () => controlSocketOf(mountPoint);
const listening = () => vi.waitFor(() => expect(existsSync(socket())).toBe(true));
const warnings = () => logged.filter(({ level }) => level >= 40).map(({ msg }) => msg);
const ask = (request: { command: string; [field: string]: unknown }) =>
  askDaemon(mountPoint, request);

test('status and metrics are told on request', async () => {
  start();
  await listening();
  expect(await ask({ command: 'status' })).toEqual({ ok: true, status: { one: { sum: 1 } } });
  const { text } = await ask({ command: 'metrics' });
  expect(text).toBe('# HELP nsproc_one One.\n# TYPE nsproc_one gauge\nnsproc_one 1\n');
});

test('set changes a switch, and says how it is', async () => {
  const switches = start();
  await listening();
  const set = (name: unknown, value: unknown) => ask({ command: 'set', name, value });
  expect(await set('swap', 'off')).toEqual({
    ok: true,
    name: 'swap',
    position: 'off',
    isSet: true,
  });
  expect(switches.isOn('swap')).toBe(false);
  expect(await set('swap', 'default')).toMatchObject({ position: 'on', isSet: false });
  await expect(set('swop', 'off')).rejects.toThrow(/no switch "swop"; there are virtualization/);
  await expect(set('cpus', 'on')).rejects.toThrow(/cannot set cpus to "on"; choose default, quota/);
  await expect(set('swap', 1)).rejects.toThrow(/cannot set swap to 1/);
  expect(logged.map(({ msg }) => msg)).toEqual(['set on request', 'set on request']);
});

test('commands of others refuse in their own words', async () => {
  start();
  await listening();
  await expect(ask({ command: 'upgrade' })).rejects.toThrow(
    new ControlError(`The nsproc at ${mountPoint} refused: nobody can do that`),
  );
});

test('SIGUSR2 turns virtualization off and on', async () => {
  const switches = start();
  process.kill(process.pid, 'SIGUSR2');
  await vi.waitFor(() => expect(switches.isOn('virtualization')).toBe(false));
  process.kill(process.pid, 'SIGUSR2');
  await vi.waitFor(() => expect(switches.isOn('virtualization')).toBe(true));
  expect(logged).toHaveLength(2);
});

test('a start with virtualization off is a warning', () => {
  start(new Switches(Switches.allocate(), { ...flags, virtualization: 'off' }));
  expect(warnings()).toEqual([expect.stringContaining('virtualization is off')]);
});

test('the directory is private, and goes with the socket', async () => {
  const directory = dirname(socket());
  mkdirSync(directory, { recursive: true, mode: 0o755 });
  chmodSync(directory, 0o755);
  start();
  await listening();
  expect(statSync(directory).mode & 0o777).toBe(0o700);
  running.pop()?.close();
  expect(existsSync(directory)).toBe(false);
});

test('what else is in the directory keeps it', async () => {
  start();
  await listening();
  writeFileSync(join(dirname(socket()), 'keeper'), '');
  running.pop()?.close();
  expect([existsSync(socket()), existsSync(dirname(socket()))]).toEqual([false, true]);
});

test('without a directory there is a warning, and no more', async () => {
  writeFileSync(join(root, 'run'), 'a file');
  start();
  await vi.waitFor(() =>
    expect(warnings()).toEqual([expect.stringContaining('no control socket')]),
  );
  await expect(ask({ command: 'status' })).rejects.toThrow(/No nsproc answers/);
});

test("another user's directory is not used", async (ctx) => {
  ctx.skip(process.getuid?.() !== 0, 'needs root');
  mkdirSync(dirname(socket()), { recursive: true });
  chownSync(dirname(socket()), 65_534, 65_534);
  start();
  await vi.waitFor(() =>
    expect(warnings()).toEqual([expect.stringContaining('no control socket')]),
  );
});

/** Something else that has the socket. */
async function occupy(answer: () => string | Promise<string>): Promise<LineServer> {
  mkdirSync(dirname(socket()), { recursive: true });
  const other = await listenForLines({
    ...{ path: socket(), longestLine: 100, mostConnections: 9, patienceMsec: 1000 },
    ...{ answer, refusal: answer as () => string, failed: () => undefined },
  });
  if (other === undefined) throw new Error('Cannot listen');
  return other;
}

test('a socket that another daemon has is waited for', async () => {
  const other = await occupy(() => '{"ok":true,"other":true}');
  start();
  await vi.waitFor(() => expect(warnings()).toHaveLength(1));
  expect(await ask({ command: 'status' })).toMatchObject({ other: true });
  other.close();
  const answered = async () => expect(await ask({ command: 'status' })).toHaveProperty('status');
  await vi.waitFor(answered, 5000);
  expect(warnings()).toEqual([expect.stringContaining('waiting')]);
});

test('what answers and is no nsproc is told apart', async () => {
  const other = await occupy(() => 'SSH-2.0');
  await expect(ask({ command: 'status' })).rejects.toThrow(/it answered "SSH-2.0"/);
  other.close();
});

test('a daemon that does not answer is given up', async () => {
  const other = await occupy(() => new Promise(() => undefined));
  const asked = askDaemon(mountPoint, { command: 'status' }, 100);
  await expect(asked).rejects.toThrow(/does not answer/);
  other.close();
});
