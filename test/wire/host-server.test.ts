// native/host-server, asked byte by byte by a program in the place of the kernel: it must answer as
// Session does, and whatever comes.

import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { Session } from '../../src/fuse/session.ts';
import { catalogue, directories } from '../../src/procfs/catalogue.ts';
import { GeneratedFileSystem } from '../../src/vfs/generated-file-system.ts';
import { OpenFiles } from '../../src/vfs/open-files.ts';
import { Tree } from '../../src/vfs/tree.ts';
import { runOrThrow } from '../support/commands.ts';
import { compileProgram } from '../support/programs.ts';

const server = fileURLToPath(new URL('../../native/build/host-server', import.meta.url));
const isMissing = !existsSync(server);
beforeEach((ctx) => ctx.skip(isMissing, 'needs native/build/host-server'));

interface Asked {
  readonly opcode: number;
  readonly nodeId?: number;
  readonly body?: Buffer;
}

function requestOf({ opcode, nodeId = 1, body = Buffer.alloc(64) }: Asked): Buffer {
  const header = Buffer.alloc(40);
  header.writeUInt32LE(40 + body.length, 0);
  header.writeUInt32LE(opcode, 4);
  header.writeBigUInt64LE(BigInt(2 * opcode + 2 ** 40), 8);
  header.writeBigUInt64LE(BigInt(nodeId), 16);
  return Buffer.concat([header, body]);
}

/** The answers; `undefined` where there is none. */
async function exchange(name: string, requests: readonly Buffer[]) {
  const argv = [compileProgram('fuse-exchange'), name, server];
  const input = requests.map((request) => `${request.toString('hex')}\n`).join('');
  const lines = (await runOrThrow(argv, { input })).trimEnd().split('\n');
  expect(lines).not.toContain('!');
  return lines.map((line) => (line === '-' ? undefined : Buffer.from(line, 'hex')));
}

async function askOne(name: string, asked: Asked): Promise<Buffer> {
  const [answer] = await exchange(name, [requestOf(asked)]);
  return answer ?? Buffer.alloc(0);
}

const errnoOf = (answer: Buffer | undefined) =>
  answer ? Math.abs(answer.readInt32LE(4)) : undefined;

/** The fixed part of the tree, with texts that nobody reads here. */
function makeSession(): Session {
  const files = catalogue
    .filter(({ hostPath }) => existsSync(hostPath))
    .map(({ path, nodeId, mode }) => ({
      path,
      nodeId,
      mode,
      generate: () => ({ text: '', owner: 0 }),
    }));
  const tree = new Tree(directories, files, 0);
  const openFiles = new OpenFiles(OpenFiles.allocate(), 1);
  return new Session(new GeneratedFileSystem(tree, openFiles), () => undefined);
}

/** Of the reply, what does not depend on times, sizes and handles. */
function shapeOf(answer: Buffer | undefined) {
  return (
    answer && { length: answer.length, errno: errnoOf(answer), unique: answer.subarray(8, 16) }
  );
}

const body = (...words: number[]) => Buffer.from(Uint32Array.from(words).buffer);

describe('host-server', () => {
  it.each([1, 2, 18, 999])('answers every opcode on node %i as Session does', async (nodeId) => {
    const session = makeSession();
    const requests = Array.from({ length: 70 }, (_, opcode) => requestOf({ opcode, nodeId }));
    const answers = await exchange('tree', requests);
    for (const [opcode, request] of requests.entries()) {
      const reply = Buffer.alloc(8192);
      const length = session.answer(request, request.length, reply);
      const expected = length === 0 ? undefined : reply.subarray(0, length);
      expect({ opcode, ...shapeOf(answers[opcode]) }).toEqual({ opcode, ...shapeOf(expected) });
    }
  });

  it('answers INIT and STATFS with the bytes of Session', async () => {
    const init = { opcode: 26, body: body(7, 45, 131_072, 0xffff_ffff, 0, 0) };
    const requests = [init, { opcode: 17 }].map(requestOf);
    const answers = await exchange('tree', requests);
    const session = makeSession();
    const expected = requests.map((request) => {
      const reply = Buffer.alloc(8192);
      return reply.subarray(0, session.answer(request, request.length, reply));
    });
    expect(answers).toEqual(expected);
  });

  it('goes on after requests without form', async () => {
    const shortest = 40;
    const bytes = fc.uint8Array({ minLength: 1, maxLength: 300 });
    const bodies = fc.tuple(fc.nat(60), fc.bigInt(0n, 2n ** 53n), bytes);
    const shaped = bodies.map(([opcode, nodeId, content]) =>
      requestOf({ opcode, nodeId: Number(nodeId), body: Buffer.from(content) }),
    );
    const samples = [
      ...fc.sample(shaped, { seed: 1, numRuns: 400 }),
      ...fc.sample(bytes, { seed: 2, numRuns: 30 }).map((content) => Buffer.from(content)),
    ].filter((request) => request.length < shortest || ![2, 36, 42].includes(request[4] ?? 0));
    const getattr = requestOf({ opcode: 3 });
    for (const name of ['tree', 'pressure']) {
      const answers = await exchange(name, [...samples, getattr]);
      expect(errnoOf(answers.at(-1))).toBe(0);
    }
  });
});

describe('host-server on /proc/pressure', () => {
  const cpuFile = { nodeId: 32 };
  const [EPERM, EACCES, EBUSY, EINVAL] = [1, 13, 16, 22];

  it('refuses triggers, as of a file that has one', async () => {
    const trigger = Buffer.concat([body(1, 0, 0, 0, 5, 0, 0, 0, 0, 0), Buffer.from('some ')]);
    const answer = await askOne('pressure', { opcode: 16, ...cpuFile, body: trigger });
    expect(errnoOf(answer)).toBe(EBUSY);
    const forWriting = await askOne('pressure', { opcode: 14, ...cpuFile, body: body(2, 0) });
    expect(errnoOf(forWriting)).toBe(EACCES);
  });

  it('says that a file can be read, and nothing has happened', async () => {
    const answer = await askOne('pressure', { opcode: 40, ...cpuFile });
    expect(errnoOf(answer)).toBe(0);
    expect(answer.readUInt32LE(16)).toBe(0x145);
  });

  it.each([
    ['size', 1 << 3, 0],
    ['mode', 1 << 0, EPERM],
    ['owner', 1 << 1, EPERM],
  ])('lets the %s be set as the server does', async (_, valid, errno) => {
    const answer = await askOne('pressure', { opcode: 4, ...cpuFile, body: body(valid, 0) });
    expect(errnoOf(answer)).toBe(errno);
  });

  it('refuses to fill the page cache', async () => {
    const answer = await askOne('pressure', { opcode: 15, ...cpuFile });
    expect(errnoOf(answer)).toBe(EINVAL);
  });
});
