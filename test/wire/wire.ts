// Bytes of the FUSE protocol as text, one field or two a line: hexadecimal, `#`, what it is.
// Little-endian, as on every machine that Node runs on. The tree that the tests ask about:
//
//   1 /          directory
//   2 /proc      directory
//   3 /proc/uptime    0444
//   4 /proc/meminfo   0444
//   5 /kmsg           0400
//   6 /own            directory whose entries differ from caller to caller, if the test gives one

import { expect } from 'vitest';
import { Session } from '../../src/fuse/session.ts';
import type { DynamicTree } from '../../src/vfs/dynamic-tree.ts';
import { GeneratedFileSystem } from '../../src/vfs/generated-file-system.ts';
import { OpenFiles } from '../../src/vfs/open-files.ts';
import { type GeneratedFile, Tree } from '../../src/vfs/tree.ts';

/** 0x65000000: all times of the tree. */
const timeSec = 1_694_498_816;

/** Whole messages state their length in their first four bytes; that is checked here. */
export function wire(text: string): Buffer {
  const bytes = bytesOf(text);
  const stated = bytes.readUInt32LE(0);
  if (stated !== bytes.length) {
    throw new RangeError(`Bytes written down: ${bytes.length}, their length field: ${stated}`);
  }
  return bytes;
}

/** A piece of a message, or one whose length field is wrong on purpose. */
export function bytesOf(text: string): Buffer {
  const digits = text.split('\n').map((line) => line.replace(/#.*/, '').replaceAll(/\s/g, ''));
  const hex = digits.join('');
  if (!/^(?:[0-9a-f]{2})*$/.test(hex)) throw new SyntaxError(`Cannot read as hex: ${hex}`);
  return Buffer.from(hex, 'hex');
}

export interface Conversation {
  /** What the files' next fresh text is; a function may throw. */
  text: () => string;
  /** The answer, `undefined` when there is none. */
  ask(request: Buffer): Buffer | undefined;
  /** What was reported as unexpected. */
  readonly reported: unknown[];
}

/** A session with nothing asked yet, so that the first handle is 1. */
export function startConversation(replyBytes = 4096, own?: DynamicTree): Conversation {
  const reported: unknown[] = [];
  const conversation: Conversation = { text: () => 'text\n', ask, reported };
  const generate = () => ({ text: conversation.text(), owner: 1 });
  const files: GeneratedFile[] = [
    { path: 'proc/uptime', nodeId: 3, mode: 0o444, generate },
    { path: 'proc/meminfo', nodeId: 4, mode: 0o444, generate },
    { path: 'kmsg', nodeId: 5, mode: 0o400, generate },
  ];
  const directories = [{ path: 'proc', nodeId: 2 }];
  const ownDirectories = own ? [{ path: 'own', nodeId: 6, isDynamic: true }] : [];
  const tree = new Tree([...directories, ...ownDirectories], files, timeSec);
  const openFiles = new OpenFiles(OpenFiles.allocate(), 1);
  const fileSystem = new GeneratedFileSystem(tree, openFiles, own);
  const session = new Session(fileSystem, (error) => reported.push(error));
  function ask(request: Buffer): Buffer | undefined {
    const into = Buffer.alloc(8192, 0xee);
    request.copy(into);
    // Whatever lay in the reply before must not show through.
    const reply = Buffer.alloc(replyBytes, 0xee);
    const length = session.answer(into, request.length, reply);
    return length === 0 ? undefined : reply.subarray(0, length);
  }
  return conversation;
}

/** Compares 8 bytes a row, so that a difference shows its offset. */
export function expectBytes(actual: Buffer | undefined, expected: Buffer): void {
  expect(rowsOf(actual)).toEqual(rowsOf(expected));
}

function rowsOf(bytes: Buffer | undefined): string[] | undefined {
  if (bytes === undefined) return undefined;
  return Array.from({ length: Math.ceil(bytes.length / 8) }, (_, row) => {
    const octets = bytes.subarray(row * 8, row * 8 + 8);
    return `${String(row * 8).padStart(4)}: ${octets.toString('hex').replaceAll(/../g, '$& ')}`;
  });
}
