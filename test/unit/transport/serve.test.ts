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
function serveAndWatch(requests: readonly Buffer[], sendFails = false): string[] {
  const events: string[] = [];
  const channel = makeFakeChannel(requests);
  const watched = {
    receive: channel.receive,
    send: (reply: Buffer, length: number) => {
      if (sendFails) throw new Error('EINVAL');
      channel.send(reply, length);
      events.push(`sent ${length} for ${reply.readBigUInt64LE(8)}`);
    },
  };
  const inFlight = {
    begin: (unique: bigint) => void events.push(`took ${unique}`),
    end: () => void events.push('done'),
  };
  const session = new Session(emptyFileSystem, () => {});
  if (sendFails) expect(() => serve(watched, session, inFlight)).toThrow('EINVAL');
  else serve(watched, session, inFlight);
  return events;
}

test('serve() answers each request, on record from before it is read to after it is sent', () => {
  const requests = [requestOf(STATFS, 2n), requestOf(STATFS, 2n ** 63n + 4n)];
  expect(serveAndWatch(requests)).toEqual([
    'took 2',
    'sent 96 for 2',
    'done',
    'took 9223372036854775812',
    'sent 96 for 9223372036854775812',
    'done',
  ]);
});

test('serve() sends nothing for a request that has no answer', () => {
  expect(serveAndWatch([requestOf(FORGET, 6n)])).toEqual(['took 6', 'done']);
});

test('serve() returns when the connection has ended', () => {
  expect(serveAndWatch([])).toEqual([]);
});

test('serve() leaves a request that it could not answer on record', () => {
  expect(serveAndWatch([requestOf(STATFS, 8n)], true)).toEqual(['took 8']);
});
