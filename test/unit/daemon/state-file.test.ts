import { afterEach, expect, test } from 'vitest';
import { type RegionSpec, StateFile } from '../../../src/daemon/state-file.ts';
import {
  createMemoryFile,
  mapMemoryFile,
  mappingAlignment,
  resizeMemoryFile,
  viewMapping,
} from '../../../src/kernel/mapped-memory.ts';
import { closeFd } from '../../../src/kernel/process.ts';
import { makeTeardown } from '../../support/teardown.ts';

const teardown = makeTeardown();
afterEach(() => teardown.run());

function create(): StateFile {
  const state = StateFile.create();
  teardown.add(() => closeFd(state.fd));
  return state;
}

const spec: RegionSpec = {
  name: 'counts',
  version: 1,
  byteLength: 100,
  format: (memory) => new Uint8Array(memory).fill(7, 0, 1),
};

function bytesOf(state: StateFile, region: RegionSpec): Uint8Array {
  return new Uint8Array(viewMapping(state.region(region)));
}

test('region() gives a new region, formatted and else zero, and the same one ever after', () => {
  const state = create();
  const bytes = bytesOf(state, spec);
  expect([...bytes]).toEqual([7, ...Array.from({ length: 99 }, () => 0)]);
  bytes[50] = 9;
  expect(bytesOf(state, spec)[50]).toBe(9);
  const opened = StateFile.open(state.fd);
  expect(opened && bytesOf(opened, spec)[50]).toBe(9);
});

test.each([
  ['version', { ...spec, version: 2 }],
  ['length', { ...spec, byteLength: 200 }],
] as const)(
  'region() of another %s begins anew, and leaves other regions alone',
  (_what, other) => {
    const state = create();
    const neighbour = bytesOf(state, { ...spec, name: 'neighbour' });
    neighbour[10] = 3;
    const old = bytesOf(state, spec);
    old[50] = 9;
    const fresh = bytesOf(state, other);
    // Whoever uses the old one goes on.
    expect(old[50]).toBe(9);
    state.dropOutdated();
    expect(old[50]).toBe(0);
    expect([fresh[0], fresh[50]]).toEqual([7, 0]);
    expect(bytesOf(state, { ...spec, name: 'neighbour' })[10]).toBe(3);
    // And back: a downgrade begins anew as well.
    expect(bytesOf(state, spec)[50]).toBe(0);
  },
);

test('open() refuses what is no state file', () => {
  const fd = createMemoryFile('nsproc-test');
  teardown.add(() => closeFd(fd));
  expect(StateFile.open(fd)).toBeUndefined();
  resizeMemoryFile(fd, 2 ** 20);
  expect(StateFile.open(fd)).toBeUndefined();
});

test('there is room for 62 regions', () => {
  const state = create();
  for (let index = 0; index < 62; index++) state.region({ ...spec, name: `region ${index}` });
  expect(() => state.region(spec)).toThrow(RangeError);
  expect(bytesOf(state, { ...spec, name: 'region 61' })[0]).toBe(7);
});

test.each([
  ['noise in place of regions', 64, Buffer.alloc(62 * 64, 0xa5)],
  ['a region beyond its end', 64 + 48, Buffer.from([0, 0, 0, 1, 0, 0, 0, 0])],
  ['a region in its head', 64 + 40, Buffer.alloc(8)],
])('open() refuses %s', (_what, offset, bytes) => {
  const state = create();
  state.region(spec);
  expect(StateFile.open(state.fd)).toBeDefined();
  const head = viewMapping(mapMemoryFile(state.fd, 0, mappingAlignment));
  new Uint8Array(head).set(bytes, offset);
  expect(StateFile.open(state.fd)).toBeUndefined();
});
