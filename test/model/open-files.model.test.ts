// OpenFiles against its model: any sequence of opens, reads, releases and deaths, by two
// threads that share the memory.

import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { OpenFiles } from '../../src/vfs/open-files.ts';
import { OpenFilesModel } from './open-files-model.ts';

// Busy machines are slow, and that is no failure.
vi.setConfig({ testTimeout: 30_000 });

interface Scene {
  readonly model: OpenFilesModel;
  readonly handles: number[];
}

interface Real {
  readonly memory: SharedArrayBuffer;
  /** The same memory, as two threads see it. */
  readonly threads: readonly [OpenFiles, OpenFiles];
}

type Command = fc.Command<Scene, Real>;

/** Any window of it differs from any other. */
const book = Array.from({ length: 60_000 }, (_, word) => word.toString(36).padStart(4, '.')).join(
  '',
);

/** Word 0 of the memory is the lock: the number of the thread inside. */
const LOCK = 0;
const deadThread = 7;

function picked(handles: readonly number[], index: number): number {
  const handle = handles[index % handles.length];
  if (handle === undefined) throw new RangeError('no handle is open');
  return handle;
}

/** A command on one handle, compared in what it returns and in the usage after it. */
function onHandle(
  name: string,
  index: number,
  run: (scene: Scene, real: Real, handle: number) => void,
): Command {
  return {
    check: ({ handles }) => handles.length > 0,
    run: (scene, real) => {
      run(scene, real, picked(scene.handles, index));
      expect(real.threads[0].usage()).toEqual(scene.model.usage());
    },
    toString: () => `${name} of handle ${index}`,
  };
}

const which = fc.constantFrom<0 | 1>(0, 1);
const index = fc.nat(1000);
const length = fc.oneof(fc.nat(20), fc.nat(200_000), fc.constantFrom(0, 4095, 4096, 4097, 8192));

const open = which.map(
  (thread): Command => ({
    check: () => true,
    run: ({ handles }, { threads }) => {
      const handle = threads[thread].nextHandle();
      expect(handles).not.toContain(handle);
      handles.push(handle);
    },
    toString: () => 'open',
  }),
);

const readFresh = fc
  .record({ index, which, owner: fc.nat(2), from: fc.nat(30_000), length, part: fc.nat(5) })
  .map((read) =>
    onHandle(`fresh text of ${read.length}`, read.index, ({ model }, { threads }, handle) => {
      const text = book.slice(read.from, read.from + read.length);
      const nextOffset = Math.floor((text.length * read.part) / 4);
      const end = { handle, owner: read.owner, text, nextOffset };
      threads[read.which].begin(end);
      model.begin(end);
    }),
  );

const readOn = fc
  .record({
    ...{ index, which, size: length, isAskedAgain: fc.boolean() },
    elsewhere: fc.constantFrom(0, 0, 0, 0, 1, -1, 4096),
  })
  .map((read) =>
    onHandle(`${read.size} bytes more`, read.index, ({ model }, { threads }, handle) => {
      const { isAskedAgain, elsewhere, size } = read;
      const from = isAskedAgain ? model.lastOffset(handle) : model.nextOffset(handle);
      const readOn = { handle, offset: Math.max(0, from + elsewhere), isAskedAgain };
      const target = Buffer.alloc(size);
      const count = threads[read.which].readOn(readOn, target);
      const piece = count === undefined ? undefined : target.toString('latin1', 0, count);
      expect(piece === model.readOn(readOn, size)).toBe(true);
    }),
  );

const release = fc.record({ index, which }).map((given) =>
  onHandle('release', given.index, ({ model, handles }, { threads }, handle) => {
    threads[given.which].release(handle);
    model.release(handle);
    handles.splice(handles.indexOf(handle), 1);
  }),
);

const die = which.map(
  (thread): Command => ({
    check: () => true,
    run: ({ model }, { memory, threads }) => {
      new Int32Array(memory)[LOCK] = deadThread;
      threads[thread].recover(deadThread + 1);
      expect(new Int32Array(memory)[LOCK]).toBe(deadThread);
      threads[thread].recover(deadThread);
      expect(threads[thread].usage()).toEqual(model.usage());
    },
    toString: () => 'a thread dies in the lock',
  }),
);

/** Deaths are rare, so that there is something to mend. */
const commands = [
  ...Array.from({ length: 3 }, () => open),
  ...Array.from({ length: 8 }, () => readFresh),
  ...Array.from({ length: 12 }, () => readOn),
  ...Array.from({ length: 2 }, () => release),
  die,
];

test('OpenFiles behaves as its model, for two threads that share the memory', () => {
  const memory = OpenFiles.allocate();
  const threads = [new OpenFiles(memory, 1), new OpenFiles(memory, 2)] as const;
  fc.assert(
    fc.property(fc.commands(commands, { maxCommands: 200, size: '+1' }), (sequence) => {
      const handles: number[] = [];
      fc.modelRun(
        () => ({ model: { model: new OpenFilesModel(), handles }, real: { memory, threads } }),
        sequence,
      );
      for (const handle of handles) threads[1].release(handle);
      expect(threads[0].usage()).toEqual({ entries: 0, pages: 0 });
    }),
    { numRuns: 100 },
  );
});
