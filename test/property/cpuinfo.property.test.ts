import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseCpuinfo } from '../../src/host/cpuinfo.ts';
import { renderCpuinfo } from '../../src/render/cpuinfo.ts';

interface HostCpu {
  readonly packageId: number;
  readonly coreId: number;
}

/** A host of some packages, in which every core has the same number of CPUs. */
const host = fc
  .record({
    packages: fc.integer({ min: 1, max: 3 }),
    cores: fc.integer({ min: 1, max: 4 }),
    threads: fc.integer({ min: 1, max: 2 }),
  })
  .map(({ packages, cores, threads }) => {
    const cpus: HostCpu[] = [];
    for (let thread = 0; thread < threads; thread++)
      for (let core = 0; core < cores; core++)
        for (let packageId = 0; packageId < packages; packageId++)
          cpus.push({ packageId: packageId * 2, coreId: core * 4 });
    return { cpus, siblings: cores * threads, cores };
  });

const machineLines = fc.constantFrom('', 'timebase\t: 512000000\nplatform\t: PowerNV\n');

function textOf(
  { cpus, siblings, cores }: { cpus: readonly HostCpu[]; siblings: number; cores: number },
  tail: string,
): string {
  const blocks = cpus.map(
    ({ packageId, coreId }, cpu) =>
      `processor\t: ${cpu}\nphysical id\t: ${packageId}\nsiblings\t: ${siblings}\n` +
      `core id\t\t: ${coreId}\ncpu cores\t: ${cores}\nmarker\t\t: of CPU ${cpu}\n\n`,
  );
  return blocks.join('') + tail;
}

interface Block {
  readonly [label: string]: string;
}

/** The blocks as programs read them: split at blank lines, each line at its colon. */
function blocksIn(text: string): Block[] {
  const pieces = text.split('\n\n').filter((piece) => piece.startsWith('processor'));
  return pieces.map((piece) =>
    Object.fromEntries(piece.split('\n').map((line) => line.split(/\s*: /, 2))),
  );
}

const someOf = (cpus: readonly unknown[]) =>
  fc.subarray([...cpus.keys()], { minLength: 1 }).map((some) => some.sort((a, b) => a - b));

const scene = fc.tuple(host, machineLines).chain(([of, tail]) =>
  fc.record({
    of: fc.constant(of),
    tail: fc.constant(tail),
    cpus: someOf(of.cpus),
  }),
);

describe('renderCpuinfo() for any host and any of its CPUs', () => {
  test('shows these CPUs, numbered from 0, and all lines about the machine', () => {
    fc.assert(
      fc.property(scene, ({ of, tail, cpus }) => {
        const text = renderCpuinfo(parseCpuinfo(textOf(of, tail)), cpus);
        const blocks = blocksIn(text);
        expect(blocks.map((block) => block['processor'])).toEqual(cpus.map((_, n) => `${n}`));
        expect(blocks.map((block) => block['marker'])).toEqual(cpus.map((c) => `of CPU ${c}`));
        expect(text.endsWith(`\n\n${tail}`)).toBe(true);
      }),
    );
  });

  test('counts in each package the CPUs and cores that it shows', () => {
    fc.assert(
      fc.property(scene, ({ of, tail, cpus }) => {
        const blocks = blocksIn(renderCpuinfo(parseCpuinfo(textOf(of, tail)), cpus));
        const whole = blocks.length === of.cpus.length;
        for (const { 'physical id': id, siblings, 'cpu cores': cores } of blocks) {
          const own = blocks.filter((block) => block['physical id'] === id);
          expect(Number(siblings)).toBe(own.length);
          expect(Number(cores)).toBe(new Set(own.map((block) => block['core id'])).size);
        }
        const ids = new Set(blocks.map((block) => Number(block['physical id'])));
        if (!whole) expect([...ids]).toEqual([...ids.keys()].map((_, n) => n));
      }),
    );
  });

  test('is the host’s own text where all CPUs are shown', () => {
    fc.assert(
      fc.property(host, machineLines, (of, tail) => {
        const text = textOf(of, tail);
        expect(renderCpuinfo(parseCpuinfo(text), [...of.cpus.keys()])).toBe(text);
      }),
    );
  });
});

/** Lines as of cpuinfo of any architecture among lines of anything. */
const anyText = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'binary-ascii' }),
      fc.nat(9).map((n) => `processor\t: ${n}`),
      fc.nat(9).map((n) => `processor ${n}: version = FF`),
      fc.nat(9).map((n) => `cpu number      : ${n}`),
      fc.constantFrom('vendor_id       : IBM/S390', '# processors    : 2', ''),
      fc.constantFrom('physical id\t: 0', 'siblings\t: 1', 'cpu cores\t: 1', 'physical id', ':'),
    ),
  )
  .map((lines) => lines.join('\n'));

describe('for any text', () => {
  test('parseCpuinfo() cuts it without loss where no CPU is told twice', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const numbers = text.match(/^(?:processor|cpu number)\D*\d+/gm) ?? [];
        fc.pre(new Set(numbers.map((line) => line.replace(/\s/g, ''))).size === numbers.length);
        const pieces = parseCpuinfo(text).flatMap((piece) =>
          typeof piece === 'string'
            ? piece
            : [...piece.values()].map(({ lead, cpu, rest }) => `${lead}${cpu}${rest}`),
        );
        expect(pieces.join('')).toBe(text);
      }),
    );
  });

  test('renderCpuinfo() throws nothing', () => {
    fc.assert(
      fc.property(anyText, fc.uniqueArray(fc.nat(9)), (text, cpus) => {
        expect(() => renderCpuinfo(parseCpuinfo(text), cpus)).not.toThrow();
      }),
    );
  });
});
