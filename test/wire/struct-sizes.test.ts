// The sizes and flags of the wire format against linux/fuse.h of this machine.

import { existsSync, readFileSync } from 'node:fs';
import { beforeEach, expect, test } from 'vitest';
import * as protocol from '../../src/fuse/protocol/constants.ts';

const headerPath = '/usr/include/linux/fuse.h';
const header = existsSync(headerPath) ? readFileSync(headerPath, 'utf8') : '';
const minor = Number(/#define FUSE_KERNEL_MINOR_VERSION (\d+)/.exec(header)?.[1] ?? 0);
const lacking =
  minor >= protocol.FUSE_KERNEL_MINOR_VERSION
    ? undefined
    : `needs ${headerPath} of protocol 7.${protocol.FUSE_KERNEL_MINOR_VERSION} or later`;

beforeEach((ctx) => ctx.skip(lacking !== undefined, lacking));

const sizes = new Map([
  ['uint64_t', 8],
  ['int64_t', 8],
  ['uint32_t', 4],
  ['int32_t', 4],
  ['uint16_t', 2],
  ['char', 1],
]);

/** Every struct there is padded by hand to what its fields add up to. */
function sizeOf(struct: string): number {
  const body = new RegExp(`struct ${struct} \\{([^}]*)\\}`).exec(header)?.[1];
  if (body === undefined) throw new RangeError(`No struct ${struct} in ${headerPath}`);
  const fields = body.replaceAll(/\/\*.*?\*\//gs, '').matchAll(/([^;]+?)(\w+)(?:\[(\d*)\])?;/g);
  return [...fields].reduce((sum, [, type = '', , count]) => {
    const [word = '', name = ''] = type.trim().split(/\s+/);
    const size = word === 'struct' ? sizeOf(name) : sizes.get(word);
    if (size === undefined) throw new RangeError(`Unknown type ${type} in struct ${struct}`);
    return sum + size * (count === undefined ? 1 : Number(count));
  }, 0);
}

test.each([
  ['fuse_in_header', protocol.IN_HEADER_SIZE],
  ['fuse_out_header', protocol.OUT_HEADER_SIZE],
  ['fuse_entry_out', protocol.ENTRY_OUT_SIZE],
  ['fuse_attr_out', protocol.ATTR_OUT_SIZE],
  ['fuse_open_out', protocol.OPEN_OUT_SIZE],
  ['fuse_statfs_out', protocol.STATFS_OUT_SIZE],
  ['fuse_init_out', protocol.INIT_OUT_SIZE],
  ['fuse_dirent', protocol.DIRENT_SIZE],
])('struct %s has the size that is written', (struct, size) => {
  expect(sizeOf(struct)).toBe(size);
});

test.each([
  ['fuse_init_in', 64],
  ['fuse_open_in', 8],
  ['fuse_read_in', 40],
  ['fuse_release_in', 24],
  ['fuse_access_in', 8],
  ['fuse_getattr_in', 16],
  ['fuse_forget_in', 8],
  ['fuse_batch_forget_in', 8],
  ['fuse_forget_one', 16],
  ['fuse_interrupt_in', 8],
])('struct %s has the size that these tests send', (struct, size) => {
  expect(sizeOf(struct)).toBe(size);
});

test.each([...Object.entries(protocol.Opcode)])('opcode %s', (name, number) => {
  const stated = new RegExp(`FUSE_${name}\\s*=\\s*(\\d+)`).exec(header)?.[1];
  expect(Number(stated)).toBe(number);
});

test.each([...protocol.writingOpcodes])('opcode %i', (number, name) => {
  const stated = new RegExp(`FUSE_${name}\\s*=\\s*(\\d+)`).exec(header)?.[1];
  expect(Number(stated)).toBe(number);
});

const flags = Object.entries(protocol).filter(
  ([name]) => /^F(USE|OPEN)_/.test(name) && name !== 'FUSE_KERNEL_MINOR_VERSION',
);

test.each(flags)('%s', (name, value) => {
  const definition = new RegExp(
    `(?:#define ${name}\\s+|${name}\\s*= )\\(?(\\d+)(?: << (\\d+))?`,
  ).exec(header);
  expect(Number(definition?.[1]) << Number(definition?.[2] ?? 0)).toBe(value);
});
