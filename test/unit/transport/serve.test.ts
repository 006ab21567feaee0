import { expect, test } from 'vitest';
import { FsError } from '../../../src/fuse/errno.ts';
import type { FileSystem } from '../../../src/fuse/file-system.ts';
import { Session } from '../../../src/fuse/session.ts';
import { serve } from '../../../src/transport/serve.ts';
import { makeFakeChannel } from '../../support/fake-channel.ts';

function refuse(): never {
  throw new FsError('not there', 2);
}

const emptyFileSystem: FileSystem = {
  lookup: refuse,
  attr: refuse,
  linkTarget: refuse,
  openDirectory: refuse,
  directory: refuse,
  openFile: refuse,
  readFile: refuse,
  releaseFile: () => {},
};

const STATFS = 17;
const FORGET = 2;

function requestOf(opcode: number, unique: bigint): Buffer {
  const request = Buffer.alloc(48);
  request.writeUInt32LE(48, 0);
  request.writeUInt32LE(opcode, 4);
  request.writeBigUInt64LE(unique, 8);
  return request;
}

/** What happened, in order. */
function serveAndWatch(
  requests: readonly Buffer[],
  { sendFails = false, isRetired = false } = {},
): string[] {
  const events: string[] = [];
  const channel = makeFakeChannel(requests);
  const watched = {
    receive: channel.receive,
    send: (reply: Buffer, length: number) => {
      if (sendFails) throw new Error('EINVAL');
      events.push(`sent ${length} for ${reply.readBigUInt64LE(8)}`);
      return channel.send(reply, length);
    },
  };
  const request = Buffer.alloc(8192);
  const end = () => void events.push(`done with ${request.readBigUInt64LE(8)}`);
  const slot = { request, end, isRetired: () => isRetired };
  const session = new Session(emptyFileSystem, () => {});
  if (sendFails) expect(() => serve(watched, session, slot)).toThrow('EINVAL');
  else serve(watched, session, slot);
  return events;
}

test('serve() answers each request, which stays in its slot until after it is sent', () => {
  const requests = [requestOf(STATFS, 2n), requestOf(STATFS, 2n ** 63n + 4n)];
  expect(serveAndWatch(requests)).toEqual([
    'sent 96 for 2',
    'done with 2',
    'sent 96 for 9223372036854775812',
    'done with 9223372036854775812',
  ]);
});

test('serve() sends nothing for a request that has no answer', () => {
  expect(serveAndWatch([requestOf(FORGET, 6n)])).toEqual(['done with 6']);
});

test('serve() returns when the connection has ended', () => {
  expect(serveAndWatch([])).toEqual([]);
});

test('serve() returns after a request when its thread is not needed any more', () => {
  const requests = [requestOf(STATFS, 2n), requestOf(STATFS, 4n)];
  expect(serveAndWatch(requests, { isRetired: true })).toEqual(['sent 96 for 2', 'done with 2']);
});

test('serve() leaves a request that it could not answer in its slot', () => {
  expect(serveAndWatch([requestOf(STATFS, 8n)], { sendFails: true })).toEqual([]);
});
