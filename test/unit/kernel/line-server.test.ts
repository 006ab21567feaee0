// The socket that answers lines, with clients of every kind.

import { existsSync, mkdtempSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createConnection, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { askLine } from '../../../src/kernel/line-client.ts';
import {
  type LineServer,
  type LineServerOptions,
  listenForLines,
} from '../../../src/kernel/line-server.ts';

const cleaning: (() => void)[] = [];
afterEach(() => {
  for (const clean of cleaning.splice(0).reverse()) clean();
});

function makePath(): string {
  const directory = mkdtempSync(join(tmpdir(), 'nsproc-test-'));
  cleaning.push(() => rmSync(directory, { recursive: true }));
  return join(directory, 'control');
}

async function listen(path: string, changes: Partial<LineServerOptions> = {}) {
  const server = await listenForLines({
    path,
    longestLine: 100,
    mostConnections: 4,
    patienceMsec: 200,
    answer: (line) => `got ${line}`,
    refusal: (reason) => `no: ${reason}`,
    failed: (error) => {
      throw error;
    },
    ...changes,
  });
  cleaning.push(() => server?.close());
  return server;
}

const ask = (path: string, line: string, patienceMsec = 2000) =>
  askLine({ path, line, patienceMsec });

/** Sends bytes as they are; what it gets until the other side ends. */
function send(path: string, bytes: Uint8Array | string, { thenEnd = false } = {}): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    const socket = createConnection({ path, allowHalfOpen: true }, () => {
      if (thenEnd) socket.end(bytes);
      else socket.write(bytes);
    });
    socket.setEncoding('utf8').on('data', (chunk) => {
      text += chunk;
    });
    const settle = () => {
      socket.destroy();
      resolve(text);
    };
    socket.on('end', settle).on('error', settle);
  });
}

function connect(path: string): Promise<Socket> {
  return new Promise((resolve) => {
    const socket = createConnection(path, () => resolve(socket));
    socket.on('error', () => undefined);
    cleaning.push(() => socket.destroy());
  });
}

test('listenForLines() answers each line with one', async () => {
  const path = makePath();
  await listen(path);
  expect(await ask(path, 'hello')).toEqual({ answer: 'got hello' });
  expect(await ask(path, 'ä again')).toEqual({ answer: 'got ä again' });
});

test('listenForLines() listens for its own user only', async () => {
  const path = makePath();
  await listen(path);
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

test('an answer may take longer than a line', async () => {
  const path = makePath();
  const answer = async (line: string) => {
    await sleep(500);
    return line;
  };
  await listen(path, { answer });
  expect(await ask(path, 'slow')).toEqual({ answer: 'slow' });
});

test('a long line is refused, however it comes', async () => {
  const path = makePath();
  await listen(path);
  const refused = 'no: a line of more than 100 bytes\n';
  expect(await send(path, 'x'.repeat(101))).toBe(refused);
  expect(await send(path, `${'x'.repeat(101)}\n`)).toBe(refused);
  expect(await send(path, Buffer.alloc(1_000_000, 0xff))).toBe(refused);
  expect(await send(path, `${'x'.repeat(100)}\n`)).toBe(`got ${'x'.repeat(100)}\n`);
});

test('half a line is waited for, and then refused', async () => {
  const path = makePath();
  await listen(path);
  expect(await send(path, 'half')).toBe('no: no whole line in time\n');
  expect(await send(path, 'whole', { thenEnd: true })).toBe('got whole\n');
});

test('only the first line counts', async () => {
  const path = makePath();
  const lines: string[] = [];
  await listen(path, { answer: (line) => String(lines.push(line)) });
  expect(await send(path, 'one\ntwo\nthree\n')).toBe('1\n');
  expect(lines).toEqual(['one']);
});

test('who says nothing, or reads nothing, does not keep a place', async () => {
  const path = makePath();
  await listen(path, { answer: () => 'x'.repeat(10_000_000) });
  const silent = await Promise.all(Array.from({ length: 2 }, () => connect(path)));
  const deaf = await Promise.all(Array.from({ length: 2 }, () => connect(path)));
  for (const socket of deaf) socket.pause().write('line\n');
  const ends = [...silent, ...deaf].map(
    (socket) => new Promise((done) => socket.on('close', done)),
  );
  for (const socket of silent) socket.resume();
  await sleep(700);
  for (const socket of deaf) socket.resume();
  await Promise.all(ends);
  expect(await ask(path, 'x')).toEqual({ problem: 'EMSGSIZE' });
});

test('a client that finds all places taken waits for one', async () => {
  const path = makePath();
  await listen(path);
  await Promise.all(Array.from({ length: 50 }, () => connect(path)));
  expect(await ask(path, 'late')).toEqual({ answer: 'got late' });
});

test('the socket of an ended process is replaced', async () => {
  const path = makePath();
  await leaveStaleSocket(path);
  expect(await ask(path, 'x')).toEqual({ problem: 'absent' });
  await listen(path);
  expect(await ask(path, 'x')).toEqual({ answer: 'got x' });
});

test('a living socket is not taken, and goes to the next when it is closed', async () => {
  const path = makePath();
  const first = await listen(path);
  expect(await listen(path, { answer: () => 'second' })).toBeUndefined();
  expect(await ask(path, 'x')).toEqual({ answer: 'got x' });
  first?.close();
  expect(existsSync(path)).toBe(false);
  await listen(path, { answer: () => 'second' });
  expect(await ask(path, 'x')).toEqual({ answer: 'second' });
});

test("close() leaves a successor's socket alone", async () => {
  const path = makePath();
  const first = await listen(path);
  rmSync(path);
  await listen(path, { answer: () => 'second' });
  first?.close();
  await sleep(50);
  expect(await ask(path, 'x')).toEqual({ answer: 'second' });
});

test('close() ends connections', async () => {
  const path = makePath();
  const server = (await listen(path, { patienceMsec: 60_000 })) as LineServer;
  const socket = await connect(path);
  const closed = new Promise((done) => socket.on('close', done));
  socket.resume();
  server.close();
  await closed;
});

test('askLine() says what is wrong', async () => {
  const path = makePath();
  expect(await ask(path, 'x')).toEqual({ problem: 'absent' });
  writeFileSync(path, '');
  expect(await ask(path, 'x')).toEqual({ problem: 'absent' });
  rmSync(path);
  await listen(path, { answer: () => new Promise(() => undefined) });
  expect(await ask(path, 'x', 100)).toEqual({ problem: 'silent' });
});

/** As a process leaves it that is killed: libuv removes it only when it is closed. */
async function leaveStaleSocket(path: string): Promise<void> {
  const kept = `${path}.kept`;
  const server = createServer();
  await new Promise<void>((done) => server.listen(kept, done));
  renameSync(kept, path);
  await new Promise((done) => server.close(done));
}
