// Reads of open files: one text however it is split, a hash table that loses nothing, and
// owners that cannot take what is others'.

import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { GeneratedFileSystem } from '../../src/vfs/generated-file-system.ts';
import { OpenFiles } from '../../src/vfs/open-files.ts';
import { Tree } from '../../src/vfs/tree.ts';

// Busy machines are slow, and that is no failure.
vi.setConfig({ testTimeout: 30_000 });

const root = { callerTid: 1, uid: 0, gid: 0 };
const empty = { entries: 0, pages: 0 };

/** Texts come from a queue, so that a fresh text shows. */
function fileSystemOn(memory: SharedArrayBuffer, texts: readonly string[]): GeneratedFileSystem[] {
  let next = 0;
  const generate = () => ({ text: texts[next++ % texts.length] ?? '', owner: 1 });
  const tree = new Tree([], [{ path: 'a', nodeId: 2, mode: 0o444, generate }], 0);
  return [1, 2].map((thread) => new GeneratedFileSystem(tree, new OpenFiles(memory, thread)));
}

function read(
  fileSystem: GeneratedFileSystem | undefined,
  position: { handle: number; offset: number; size: number },
): string {
  const into = Buffer.alloc(position.size + 16);
  const count =
    fileSystem?.readFile({ nodeId: 2, isAskedAgain: false, ...position }, root, into, 16) ?? 0;
  return into.toString('latin1', 16, 16 + count);
}

test('readFile() gives one text to any split of reads, whichever thread answers', () => {
  const memory = OpenFiles.allocate();
  const text = fc.string({ unit: fc.integer({ min: 1, max: 255 }).map(String.fromCharCode) });
  const repeated = fc.tuple(text, fc.nat(800)).map(([unit, times]) => unit.repeat(times));
  const sizes = fc.array(fc.oneof(fc.nat(20), fc.nat(9000)), { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(repeated, sizes, fc.infiniteStream(fc.nat(1)), (whole, pieces, threads) => {
      const fileSystems = fileSystemOn(memory, [whole, 'another moment']);
      const handle = fileSystems[0]?.openFile(2) ?? 0;
      let seen = '';
      for (let turn = 0; seen.length < whole.length; turn++) {
        const size = (pieces[turn % pieces.length] ?? 0) + 1;
        const thread = threads.next().value ?? 0;
        seen += read(fileSystems[thread], { handle, offset: seen.length, size });
      }
      expect(seen === whole).toBe(true);
      if (whole.length > 0) {
        expect(read(fileSystems[0], { handle, offset: whole.length, size: 9 })).toBe('');
      }
      fileSystems[1]?.releaseFile(handle);
      expect(new OpenFiles(memory, 3).usage()).toEqual(empty);
    }),
    { numRuns: 200 },
  );
});

test.each([2 ** 31 + 5, 2 ** 32, 2 ** 32 + 5, 2 ** 53])(
  'readFile() at offset 5 after one at %i gets a fresh text, not the end',
  (far) => {
    const [fileSystem] = fileSystemOn(OpenFiles.allocate(), ['first moment', 'other moment']);
    const handle = fileSystem?.openFile(2) ?? 0;
    expect(read(fileSystem, { handle, offset: far, size: 9 })).toBe('');
    expect(read(fileSystem, { handle, offset: 5, size: 9 })).toBe(' moment');
  },
);

/** How OpenFiles hashes the low half of a handle: to the upper 15 bits of a product. */
const multiplier = 0x9e3779b1;

function inverseOf(odd: number): number {
  let inverse = odd;
  // Newton's iteration: each turn doubles the bits that are right.
  for (let turn = 0; turn < 5; turn++) {
    inverse = Math.imul(inverse, 2 - Math.imul(odd, inverse));
  }
  return inverse;
}

/** The `nth` handle whose probing begins at this slot of the table. */
function handleAtSlot(slot: number, nth: number): number {
  const low = Math.imul((slot << 17) | (nth + 1), inverseOf(multiplier)) >>> 0;
  return low + (nth % 3) * 2 ** 32;
}

test('the table finds every handle and only those, where it wraps around and after removals', () => {
  const openFiles = new OpenFiles(OpenFiles.allocate(), 1);
  const slots = fc.constantFrom(32_764, 32_766, 32_767, 0, 1, 2);
  const operation = fc.record({ slot: slots, nth: fc.nat(4), isRelease: fc.boolean() });
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 120 }), (operations) => {
      const present = new Set<number>();
      const used = new Set<number>();
      for (const { slot, nth, isRelease } of operations) {
        const handle = handleAtSlot(slot, nth);
        used.add(handle);
        if (isRelease) {
          openFiles.release(handle);
          present.delete(handle);
        } else {
          openFiles.begin({ handle, owner: slot, text: `${handle}`, nextOffset: 1 });
          present.add(handle);
        }
      }
      expect(openFiles.usage()).toEqual({ entries: present.size, pages: present.size });
      for (const handle of used) {
        const target = Buffer.alloc(20);
        const count = openFiles.readOn({ handle, offset: 1, isAskedAgain: false }, target);
        const rest = count === undefined ? undefined : target.toString('latin1', 0, count);
        expect(rest).toBe(present.has(handle) ? `${handle}`.slice(1) : undefined);
        openFiles.release(handle);
      }
      expect(openFiles.usage()).toEqual(empty);
    }),
    { numRuns: 200 },
  );
});

test('an owner that opens 100,000 files and reads a byte of each leaves others their share', () => {
  const openFiles = new OpenFiles(OpenFiles.allocate(), 1);
  const hostile = 1;
  const greedy = Array.from({ length: 100_000 }, () => openFiles.nextHandle());
  for (const handle of greedy) {
    openFiles.begin({ handle, owner: hostile, text: 'ab', nextOffset: 1 });
  }
  expect(openFiles.usage().pages).toBe(512);
  for (const handle of greedy) {
    openFiles.begin({ handle, owner: hostile, text: 'ab', nextOffset: 2 });
  }
  expect(openFiles.usage().entries).toBe(2048);
  for (let owner = 2; owner < 12; owner++) {
    const handles = Array.from({ length: 500 }, () => openFiles.nextHandle());
    for (const handle of handles) {
      openFiles.begin({ handle, owner, text: `text ${handle}`, nextOffset: 4 });
    }
    const target = Buffer.alloc(20);
    const rests = handles.map((handle) => {
      const count = openFiles.readOn({ handle, offset: 4, isAskedAgain: false }, target) ?? 0;
      return target.toString('latin1', 0, count);
    });
    expect(rests).toEqual(handles.map((handle) => ` ${handle}`));
    for (const handle of handles) openFiles.release(handle);
  }
  for (const handle of greedy) openFiles.release(handle);
  expect(openFiles.usage()).toEqual(empty);
});

test('an owner that passes its handles on does not lose or gain share', () => {
  const openFiles = new OpenFiles(OpenFiles.allocate(), 1);
  const text = 'x'.repeat(100 * 4096 + 1);
  for (let turn = 0; turn < 50; turn++) {
    const handle = openFiles.nextHandle();
    openFiles.begin({ handle, owner: 1, text, nextOffset: text.length });
    openFiles.begin({ handle, owner: 2, text, nextOffset: 1 });
    expect(openFiles.usage()).toEqual({ entries: 1, pages: 100 });
    openFiles.release(handle);
  }
  for (const owner of [1, 2]) {
    const handles = Array.from({ length: 9 }, () => openFiles.nextHandle());
    for (const handle of handles) openFiles.begin({ handle, owner, text, nextOffset: 1 });
    expect(openFiles.usage()).toEqual({ entries: 5, pages: 500 });
    for (const handle of handles) openFiles.release(handle);
  }
});

test('when all pages are taken, reads start afresh, and everything comes back', () => {
  const openFiles = new OpenFiles(OpenFiles.allocate(), 1);
  const text = 'x'.repeat(256 * 4096 + 1);
  const handles = Array.from({ length: 40 }, () => openFiles.nextHandle());
  for (const [owner, handle] of handles.entries()) {
    openFiles.begin({ handle, owner, text, nextOffset: 1 });
  }
  expect(openFiles.usage()).toEqual({ entries: 32, pages: 8192 });
  const target = Buffer.alloc(10);
  const counts = handles.map((handle) =>
    openFiles.readOn({ handle, offset: 1, isAskedAgain: false }, target),
  );
  expect(counts).toEqual(handles.map((_, index) => (index < 32 ? 10 : undefined)));
  const half = handles.filter((_, index) => index % 2 === 0);
  for (const handle of half) openFiles.release(handle);
  for (const [owner, handle] of half.entries()) {
    openFiles.begin({ handle, owner: 100 + owner, text: `${text}${owner}`, nextOffset: 1 });
  }
  for (const handle of handles) openFiles.release(handle);
  expect(openFiles.usage()).toEqual(empty);
});

test('the table takes 24,576 handles and no more', () => {
  const openFiles = new OpenFiles(OpenFiles.allocate(), 1);
  const handles = Array.from({ length: 30_000 }, () => openFiles.nextHandle());
  for (const [index, handle] of handles.entries()) {
    openFiles.begin({ handle, owner: index % 20, text: 'a', nextOffset: 1 });
  }
  expect(openFiles.usage()).toEqual({ entries: 24_576, pages: 0 });
  for (const handle of handles) openFiles.release(handle);
  expect(openFiles.usage()).toEqual(empty);
});

test('nextHandle() goes on above 2^32 without giving a handle twice', () => {
  const memory = OpenFiles.allocate();
  new BigUint64Array(memory, 8, 1)[0] = 2n ** 32n - 2n;
  const openFiles = new OpenFiles(memory, 1);
  const handles = Array.from({ length: 3 }, () => openFiles.nextHandle());
  expect(handles).toEqual([2 ** 32 - 1, 2 ** 32 + 1, 2 ** 32 + 2]);
  const low = { owner: 1, text: 'low', nextOffset: 1 };
  openFiles.begin({ handle: 1, ...low });
  const [, sameLowHalf = 0] = handles;
  expect(
    openFiles.readOn({ handle: sameLowHalf, offset: 1, isAskedAgain: false }, Buffer.alloc(2)),
  ).toBeUndefined();
  openFiles.release(sameLowHalf);
  expect(openFiles.usage()).toEqual({ entries: 1, pages: 1 });
});
