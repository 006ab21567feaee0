// Whatever arrives, a session gives at most one answer of a valid form and never throws.

import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { Session } from '../../src/fuse/session.ts';
import { GeneratedFileSystem } from '../../src/vfs/generated-file-system.ts';
import { OpenFiles } from '../../src/vfs/open-files.ts';
import { type GeneratedFile, Tree } from '../../src/vfs/tree.ts';

// Busy machines are slow, and that is no failure.
vi.setConfig({ testTimeout: 30_000 });

const text = Array.from({ length: 2000 }, (_, line) => `line ${line}\n`).join('');
const files: GeneratedFile[] = ['proc/a', 'proc/b', 'c'].map((path, index) => ({
  path,
  nodeId: 3 + index,
  mode: 0o444,
  generate: ({ callerTid }) => ({ text, owner: callerTid % 3 }),
}));
const openFiles = new OpenFiles(OpenFiles.allocate(), 1);
const fileSystem = new GeneratedFileSystem(
  new Tree([{ path: 'proc', nodeId: 2 }], files, 0),
  openFiles,
);

/** Fills a reply before the answer is written. */
const untouched = 0xfc;

interface Outcome {
  readonly reply: Buffer;
  readonly length: number;
  readonly reported: readonly unknown[];
}

function outcomeOf(request: Buffer, replyBytes = 32 * 1024): Outcome {
  const reported: unknown[] = [];
  const session = new Session(fileSystem, (error) => reported.push(error));
  const reply = Buffer.alloc(replyBytes, untouched);
  // As in serve(): one large buffer, with what an earlier request left behind this one.
  const received = Buffer.alloc(8192, 0x61);
  request.copy(received);
  return { reply, length: session.answer(received, request.length, reply), reported };
}

/** What holds for every request. */
function expectValid(request: Buffer, { reply, length, reported }: Outcome): void {
  for (const error of reported) expect(error).toMatchObject({ name: 'ProtocolError' });
  expect(reported.length).toBeLessThanOrEqual(1);
  if (length === 0) return;
  expect(length).toBeGreaterThanOrEqual(16);
  expect(length).toBeLessThanOrEqual(reply.length);
  expect(reply.readUInt32LE(0)).toBe(length);
  expect(reply.readBigUInt64LE(8)).toBe(request.readBigUInt64LE(8));
  const error = reply.readInt32LE(4);
  // fuse_dev_do_write() refuses anything else.
  expect(error).toBeLessThanOrEqual(0);
  expect(error).toBeGreaterThan(-512);
  if (error !== 0) expect(length).toBe(16);
  const behind = reply.subarray(length, length + 64);
  expect(behind.every((byte) => byte === untouched)).toBe(true);
}

const opcodes = [1, 2, 3, 5, 14, 15, 17, 18, 26, 27, 28, 29, 34, 36, 38, 42, 44];
const u32 = fc.oneof(fc.nat(64), fc.integer({ min: 0, max: 2 ** 32 - 1 }));
const u64 = fc.oneof(
  fc.bigInt({ min: 0n, max: 8n }),
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  fc.constantFrom(2n ** 31n, 2n ** 32n, 2n ** 32n + 1n, 2n ** 53n, 2n ** 63n),
);

/** Handle, offset, size as READ has them; names and flags lie in the same bytes. */
const body = fc.oneof(
  fc.tuple(u64, u64, u32).map(([handle, offset, size]) => {
    const bytes = Buffer.alloc(40);
    bytes.writeBigUInt64LE(handle, 0);
    bytes.writeBigUInt64LE(offset, 8);
    bytes.writeUInt32LE(size, 16);
    return bytes;
  }),
  fc.constantFrom('proc\0', 'a\0', 'c\0', 'c', '\0', '..\0').map((name) => Buffer.from(name)),
  fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
);

const request = fc
  .record({
    opcode: fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...opcodes) }, fc.nat(70), u32),
    unique: u64,
    nodeId: fc.oneof({ weight: 4, arbitrary: fc.bigInt({ min: 0n, max: 6n }) }, u64),
    caller: fc.tuple(u32, u32, u32),
    body,
  })
  .map(({ opcode, unique, nodeId, caller, body: bytes }) => {
    const header = Buffer.alloc(40);
    header.writeUInt32LE(40 + bytes.length, 0);
    header.writeUInt32LE(opcode, 4);
    header.writeBigUInt64LE(unique, 8);
    header.writeBigUInt64LE(nodeId, 16);
    for (const [index, number] of caller.entries()) header.writeUInt32LE(number, 24 + 4 * index);
    return Buffer.concat([header, bytes]);
  });

test('answer() gives a valid answer to requests with random fields and bodies', () => {
  fc.assert(
    fc.property(request, (bytes) => expectValid(bytes, outcomeOf(bytes))),
    { numRuns: 2000 },
  );
});

test('answer() reads no further than the request goes, cut at any byte', () => {
  fc.assert(
    fc.property(request, fc.nat(), fc.boolean(), (bytes, cut, lengthIsRight) => {
      const short = Buffer.from(bytes.subarray(0, cut % bytes.length));
      if (lengthIsRight && short.length >= 4) short.writeUInt32LE(short.length, 0);
      const outcome = outcomeOf(short);
      expectValid(short, outcome);
      if (short.length < 40) expect(outcome).toMatchObject({ length: 0, reported: [{}] });
      if (short.length >= 40 && !lengthIsRight) expect(outcome.reply.readInt32LE(4)).toBe(-22);
    }),
    { numRuns: 1000 },
  );
});

test('answer() refuses a request whose length field is wrong', () => {
  fc.assert(
    fc.property(request, u32, (bytes, stated) => {
      fc.pre(stated !== bytes.length);
      bytes.writeUInt32LE(stated, 0);
      const outcome = outcomeOf(bytes);
      expectValid(bytes, outcome);
      expect(outcome.length).toBe(16);
      expect(outcome.reply.readInt32LE(4)).toBe(-22);
    }),
    { numRuns: 300 },
  );
});

test('answer() survives random bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.boolean(), (random, lengthIsRight) => {
      const bytes = Buffer.from(random);
      if (lengthIsRight && bytes.length >= 4) bytes.writeUInt32LE(bytes.length, 0);
      expectValid(bytes, outcomeOf(bytes));
    }),
    { numRuns: 1000 },
  );
});

test('answer() keeps within a small reply, whatever size is asked for', () => {
  const reading = request.filter((bytes) => [15, 28, 44].includes(bytes.readUInt32LE(4)));
  fc.assert(
    fc.property(reading, fc.integer({ min: 16, max: 700 }), (bytes, replyBytes) =>
      expectValid(bytes, outcomeOf(bytes, replyBytes)),
    ),
    { numRuns: 500 },
  );
});

test('no request makes open files remember a handle that RELEASE does not forget', () => {
  fc.assert(
    fc.property(u64, u64, u32, (handle, offset, size) => {
      const read = Buffer.alloc(80);
      read.writeUInt32LE(80, 0);
      read.writeUInt32LE(15, 4);
      read.writeBigUInt64LE(3n, 16);
      read.writeBigUInt64LE(handle, 40);
      read.writeBigUInt64LE(offset, 48);
      read.writeUInt32LE(size, 56);
      const before = openFiles.usage();
      outcomeOf(read);
      read.writeUInt32LE(18, 4);
      outcomeOf(read);
      const { entries, pages } = openFiles.usage();
      expect(entries).toBeLessThanOrEqual(before.entries);
      expect(pages).toBeLessThanOrEqual(before.pages);
    }),
    { numRuns: 500 },
  );
});
