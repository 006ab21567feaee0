import { constants } from 'node:os';
import { expect, test } from 'vitest';
import { errnoOf, FsError } from '../../../src/fuse/errno.ts';
import * as protocol from '../../../src/fuse/protocol/constants.ts';
import { ProtocolError } from '../../../src/fuse/protocol/request.ts';
import { encodeErrorReply } from '../../../src/fuse/session.ts';

test.each([
  [new FsError('refused', 13), 'EACCES'],
  [new ProtocolError('too short'), 'EINVAL'],
  [new TypeError('a mistake of ours'), 'EIO'],
  [Object.assign(new Error('not implemented'), { errno: constants.errno.ENOSYS }), 'EIO'],
  ['thrown text', 'EIO'],
  [undefined, 'EIO'],
] as const)('errnoOf() takes %s as %s %s', (error, code) => {
  expect(errnoOf(error)).toBe(constants.errno[code]);
});

test.each(Object.entries(protocol).filter(([name]) => name in constants.errno))(
  '%s is what this machine calls so',
  (name, value) => {
    expect(constants.errno[name as keyof typeof constants.errno]).toBe(value);
  },
);

test('encodeErrorReply() is a whole answer with EIO', () => {
  const unique = 0x8000_0000_0000_00ffn;
  expect(encodeErrorReply(unique).toString('hex')).toBe('10000000fbffffffff00000000000080');
});
