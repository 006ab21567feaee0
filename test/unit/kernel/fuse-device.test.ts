// How reading and writing end, with files that fail as /dev/fuse does.

import { closeSync, openSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  openFuseDevice,
  readFuseRequest,
  writeFuseReply,
} from '../../../src/kernel/fuse-device.ts';
import { abortMount, detachMount, mountFuse, readMountState } from '../../../src/kernel/mounts.ts';
import { closeFd } from '../../../src/kernel/process.ts';
import { unmountBelow } from '../../support/mounts.ts';
import { missing } from '../../support/requirements.ts';
import { makeTeardown } from '../../support/teardown.ts';

const lacking = missing('root', 'fuse');
const teardown = makeTeardown();
beforeEach((ctx) => ctx.skip(lacking !== undefined, lacking));
afterEach(() => teardown.run());

interface MountedDevice {
  readonly fd: number;
  readonly directory: string;
}

function mountDevice(): MountedDevice {
  const directory = teardown.makeDir();
  const fd = openFuseDevice();
  teardown.add(() => closeFd(fd));
  mountFuse(fd, directory);
  teardown.add(() => unmountBelow(directory));
  return { fd, directory };
}

const INIT = 26;

test('readFuseRequest() gives INIT first, then 0 when the connection was aborted', () => {
  const { fd, directory } = mountDevice();
  const request = Buffer.alloc(8192);
  const length = readFuseRequest(fd, request);
  expect(length).toBe(request.readUInt32LE(0));
  expect(request.readUInt32LE(4)).toBe(INIT);
  abortMount(directory);
  expect(readFuseRequest(fd, request)).toBe(0);
});

test('readFuseRequest() gives 0 when it was unmounted', () => {
  const { fd, directory } = mountDevice();
  expect(detachMount(directory)).toBe(true);
  expect(readFuseRequest(fd, Buffer.alloc(8192))).toBe(0);
});

test('readFuseRequest() throws when the buffer is too small for the kernel', () => {
  const { fd } = mountDevice();
  expect(() => readFuseRequest(fd, Buffer.alloc(4096))).toThrow(
    expect.objectContaining({ name: 'SystemError', code: 'EINVAL' }),
  );
});

test('writeFuseReply() drops an answer that nobody waits for', () => {
  const { fd, directory } = mountDevice();
  const reply = Buffer.alloc(16);
  reply.writeUInt32LE(16, 0);
  reply.writeUInt32LE(1000, 8);
  expect(() => writeFuseReply(fd, reply, 16)).not.toThrow();
  abortMount(directory);
  expect(() => writeFuseReply(fd, reply, 16)).not.toThrow();
});

test('writeFuseReply() throws when the kernel refuses the form of an answer', () => {
  const { fd } = mountDevice();
  const reply = Buffer.alloc(16);
  reply.writeUInt32LE(15, 0);
  reply.writeUInt32LE(1000, 8);
  expect(() => writeFuseReply(fd, reply, 16)).toThrow(
    expect.objectContaining({ name: 'SystemError', code: 'EINVAL' }),
  );
});

test('readMountState() tells a mount without a server from one that does not answer', () => {
  const directory = teardown.makeDir();
  teardown.add(() => unmountBelow(directory));
  expect(readMountState(directory)).toBe('alive');
  const fd = openFuseDevice();
  mountFuse(fd, directory);
  expect(readMountState(directory)).toBe('hung');
  closeFd(fd);
  expect(readMountState(directory)).toBe('dead');
});

test('readFuseRequest() of a file at its end gives 0', () => {
  const fd = openSync('/dev/null', 'r');
  try {
    expect(readFuseRequest(fd, Buffer.alloc(8192))).toBe(0);
  } finally {
    closeSync(fd);
  }
});
