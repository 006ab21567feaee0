import { describe, expect, it } from 'vitest';
import { KeptCpuinfo } from '../../../src/host/kept-cpuinfo.ts';
import { readTextFile } from '../../../src/kernel/kept-file.ts';
import { inExecutionDomain } from '../../../src/kernel/personality.ts';
import { renderCpuinfo } from '../../../src/render/cpuinfo.ts';

/** A host whose text tells how often, and in which execution domain, it was read. */
function makeHost(architecture: string) {
  let reads = 0;
  let nowUsec = 5e6;
  let cpuCount = 2;
  const readText = () => {
    reads++;
    const domain = readTextFile('/proc/thread-self/personality')?.trim().slice(-2);
    const blocks = Array.from({ length: cpuCount }, (_, cpu) => `processor\t: ${cpu}\n\n`);
    return `${blocks.join('')}read\t: ${reads} in ${domain}\n`;
  };
  const clock = { monotonicUsec: () => nowUsec };
  const cpuinfo = new KeptCpuinfo({ host: { readText }, clock, architecture });
  return {
    cpuinfo,
    reads: () => reads,
    pass: (usec: number) => {
      nowUsec += usec;
    },
    plug: () => {
      cpuCount++;
    },
    textFor: (tid: number, cpus: readonly number[]) => {
      const host = cpuinfo.read(tid, cpus);
      return host && renderCpuinfo(host, cpus);
    },
  };
}

describe('KeptCpuinfo', () => {
  it('reads the host’s text again after a second', () => {
    const host = makeHost('x64');
    expect(host.textFor(process.pid, [1])).toBe('processor\t: 0\n\nread\t: 1 in 00\n');
    host.pass(999_999);
    expect(host.textFor(process.pid, [0])).toContain('read\t: 1 ');
    host.pass(1);
    expect(host.textFor(process.pid, [0])).toContain('read\t: 2 ');
  });

  it('reads it at once when a CPU came online since', () => {
    const host = makeHost('x64');
    host.textFor(process.pid, [0, 1]);
    host.plug();
    expect(host.textFor(process.pid, [0, 2])).toBe(
      'processor\t: 0\n\nprocessor\t: 1\n\nread\t: 2 in 00\n',
    );
  });

  it('is undefined where the host has no such file, and asks again', () => {
    const texts = [undefined, 'processor\t: 0\n\n'];
    const host = { readText: () => texts.shift() };
    const cpuinfo = new KeptCpuinfo({ host, clock: { monotonicUsec: () => 0 } });
    expect(cpuinfo.read(1, [0])).toBeUndefined();
    expect(cpuinfo.read(1, [0])).toBeDefined();
  });

  it('readText() is the text of this moment', () => {
    const host = makeHost('x64');
    host.textFor(process.pid, [0]);
    expect(host.cpuinfo.readText(process.pid)).toContain('read\t: 2 in 00');
  });
});

describe('KeptCpuinfo on arm64', () => {
  /** As a 32-bit thread: this one, whose domain is that of the test while it asks. */
  const as32Bit = <Result>(run: () => Result) => inExecutionDomain('32-bit', run);

  it('reads in the execution domain of the caller, and keeps a text for each', () => {
    const host = makeHost('arm64');
    const tid = process.pid;
    expect(host.textFor(tid, [0])).toContain('read\t: 1 in 00');
    expect(as32Bit(() => host.textFor(tid, [0]))).toContain('read\t: 2 in 08');
    expect(host.textFor(tid, [0])).toContain('read\t: 1 in 00');
    expect(as32Bit(() => host.cpuinfo.readText(tid))).toContain('in 08');
  });

  it('gives the native text to a caller whose domain can’t be known', () => {
    const host = makeHost('arm64');
    expect(host.textFor(0, [0])).toContain('in 00');
    expect(as32Bit(() => host.textFor(0, [0]))).toContain('in 00');
  });
});

it('KeptCpuinfo elsewhere does not ask for the caller’s domain', () => {
  const host = makeHost('s390x');
  const text = inExecutionDomain('32-bit', () => host.textFor(process.pid, [0]));
  expect(text).toContain('in 08');
  expect(host.textFor(process.pid, [0])).toBe(text);
});
