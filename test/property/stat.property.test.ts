// Counters of /proc/stat never fall, whatever happens to the container and
// whichever thread answers.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { CpuUsage } from '../../src/cgroup/cpu-usage.ts';
import { renderStat } from '../../src/render/stat.ts';
import type { CpuSample } from '../../src/view/cpu-times.ts';
import { SharedCpuTimes } from '../../src/view/shared-cpu-times.ts';

const possibleCpus = 5;
const secret = { low: 3, high: 4 };
const host = { onlineCpus: [0, 1, 2, 3, 4], columnCount: 10, otherLines: 'intr 1\nbtime 1\n' };

/** What happens between two readings, and which thread takes the second. */
interface Step {
  readonly thread: 0 | 1;
  readonly cpus: readonly number[];
  readonly elapsedUsec: number;
  /** By host CPU. */
  readonly userUsec: readonly number[];
  readonly systemUsec: readonly number[];
  /** Of the user time. */
  readonly niceShare: number;
  /** The cgroup was made anew: its counters begin at 0. */
  readonly isReset: boolean;
}

const perCpu = (max: number) =>
  fc.array(fc.nat(max), { minLength: possibleCpus, maxLength: possibleCpus });

const step: fc.Arbitrary<Step> = fc.record({
  thread: fc.constantFrom<0 | 1>(0, 1),
  cpus: fc
    .uniqueArray(fc.nat(possibleCpus - 1), { minLength: 1 })
    .map((cpus) => cpus.sort((a, b) => a - b)),
  elapsedUsec: fc.oneof(fc.nat(40_000), fc.nat(5_000_000), fc.integer({ min: -5000, max: 0 })),
  userUsec: perCpu(3_000_000),
  systemUsec: perCpu(500_000),
  niceShare: fc.double({ min: 0, max: 1.2, noNaN: true }),
  isReset: fc.nat(19).map((number) => number === 0),
});

const steps = fc.array(step, { minLength: 2, maxLength: 40 });
const kind = fc.constantFrom('total', 'per-cpu');

/** A container's counters as the kernel has them. */
class Counters {
  ageUsec = 0;
  userUsec = Array.from({ length: possibleCpus }, () => 0);
  systemUsec = Array.from({ length: possibleCpus }, () => 0);
  niceUsec = 0;

  apply(happened: Step): void {
    if (happened.isReset) {
      this.userUsec.fill(0);
      this.systemUsec.fill(0);
      this.niceUsec = 0;
    }
    this.ageUsec += happened.elapsedUsec;
    this.userUsec = this.userUsec.map((usec, cpu) => usec + (happened.userUsec[cpu] ?? 0));
    this.systemUsec = this.systemUsec.map((usec, cpu) => usec + (happened.systemUsec[cpu] ?? 0));
    this.niceUsec += Math.floor(sum(happened.userUsec) * happened.niceShare);
  }

  usage(of: string): CpuUsage {
    if (of === 'total') {
      const userUsec = sum(this.userUsec);
      const niceUsec = Math.min(userUsec, this.niceUsec);
      return { kind: 'total', userUsec, niceUsec, systemUsec: sum(this.systemUsec) };
    }
    const cpus = this.userUsec.map((userUsec, cpu) => {
      const systemUsec = this.systemUsec[cpu] ?? 0;
      const sampledUserUsec = Math.floor(userUsec / 4000) * 4000;
      const sampledSystemUsec = Math.floor(systemUsec / 4000) * 4000;
      return { cpu, usageUsec: userUsec + systemUsec, sampledUserUsec, sampledSystemUsec };
    });
    return { kind: 'per-cpu', cpus };
  }

  sample(cpus: readonly number[], of: string): CpuSample {
    return { ageUsec: this.ageUsec, cpus, usage: this.usage(of), startedAtSec: 1 };
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

/** Counters by the name of their line. */
type Lines = ReadonlyMap<string, readonly number[]>;

function cpuLinesOf(text: string): Lines {
  const lines = text.split('\n').filter((line) => line.startsWith('cpu'));
  return new Map(
    lines.map((line) => {
      const [name = '', ...numbers] = line.split(/ +/);
      return [name, numbers.map(Number)];
    }),
  );
}

/** Two threads' views of one memory. */
const threads = twoThreads();
let containers = 0;

function twoThreads(): readonly [SharedCpuTimes, SharedCpuTimes] {
  const buffer = SharedCpuTimes.allocate(possibleCpus, secret);
  return [new SharedCpuTimes(buffer, 1), new SharedCpuTimes(buffer, 2)];
}

/** A container that was never seen before: what happens to it and what its readers see. */
class Container {
  readonly counters = new Counters();
  readonly #kind: string;
  readonly #name = `container ${containers++}`;

  constructor(kindOfUsage: string) {
    this.#kind = kindOfUsage;
  }

  textAfter(happened: Step): string {
    this.counters.apply(happened);
    const times = threads[happened.thread];
    const take = () => this.counters.sample(happened.cpus, this.#kind);
    const cpuTimes = times.advance(times.keyOf(this.#name, 1), take);
    if (cpuTimes === undefined) throw new Error('no times');
    return renderStat({ host, cpuTimes, procsRunning: 1, procsBlocked: 0 });
  }
}

function textsOf(happening: readonly Step[], of: string): string[] {
  const container = new Container(of);
  return happening.map((happened) => container.textAfter(happened));
}

/** Which counters are below what the line showed before. */
function fallsIn(text: string, seen: Map<string, readonly number[]>): string[] {
  const falls: string[] = [];
  for (const [name, numbers] of cpuLinesOf(text)) {
    const before = seen.get(name) ?? [];
    if (before.some((number, column) => !((numbers[column] ?? 0) >= number))) {
      falls.push(`${name} ${before.join(' ')} -> ${numbers.join(' ')}`);
    }
    seen.set(name, numbers);
  }
  return falls;
}

test('no counter of a line of /proc/stat ever falls, also of one that went and came back', () => {
  fc.assert(
    fc.property(steps, kind, (happening, of) => {
      const seen = new Map<string, readonly number[]>();
      expect(textsOf(happening, of).flatMap((text) => fallsIn(text, seen))).toEqual([]);
    }),
  );
});

test('the cpu line of /proc/stat is the sum of the others, which are numbered from 0', () => {
  fc.assert(
    fc.property(steps, kind, (happening, of) => {
      for (const text of textsOf(happening, of)) {
        const [[, total = []] = [], ...lines] = cpuLinesOf(text);
        const sums = total.map((_, column) => sum(lines.map(([, row]) => row[column] ?? 0)));
        const names = lines.map((_, cpu) => `cpu${cpu}`);
        expect([lines.map(([name]) => name), total]).toEqual([names, sums]);
        expect(text).toMatch(/^cpu {2}\d+( \d+){9}\n(cpu\d \d+( \d+){9}\n)+intr/);
      }
    }),
  );
});

/** What the cpu line lacks of the usage, and of the idle time that this leaves. */
function lacks(text: string, { userUsec, systemUsec, ageUsec }: Counters, cpuCount: number) {
  const [user = 0, nice = 0, system = 0, idle = 0] = cpuLinesOf(text).get('cpu') ?? [];
  const usedUsec = sum(userUsec) + sum(systemUsec);
  return {
    usageUsec: usedUsec - (user + nice + system) * 10_000,
    leastIdleUsec: cpuCount * ageUsec - usedUsec - idle * 10_000,
    elapsedUsec: cpuCount * ageUsec - idle * 10_000,
  };
}

test('a container that keeps its CPUs sees all its usage, and what is left as idle', () => {
  const sameCpus = fc.constantFrom([0], [1, 3], [0, 1, 2, 3, 4]);
  fc.assert(
    fc.property(steps, kind, sameCpus, (happening, of, cpus) => {
      const container = new Container(of);
      for (const happened of happening) {
        const elapsedUsec = Math.max(1, happened.elapsedUsec);
        const text = container.textAfter({ ...happened, cpus, isReset: false, elapsedUsec });
        const lacking = lacks(text, container.counters, cpus.length);
        expect(lacking.usageUsec).toBeGreaterThanOrEqual(0);
        // Three columns of each line are cut off to whole ticks, and so is idle.
        expect(lacking.usageUsec).toBeLessThan(3 * cpus.length * 10_000);
        expect(lacking.leastIdleUsec).toBeLessThan(cpus.length * 10_000);
        expect(lacking.elapsedUsec).toBeGreaterThanOrEqual(0);
      }
    }),
  );
});

test('what one container does is not seen in another', () => {
  fc.assert(
    fc.property(steps, steps, kind, (happening, elsewhere, of) => {
      const container = new Container(of);
      const other = new Container(of);
      const texts = happening.map((happened, index) => {
        const between = elsewhere[index];
        if (between !== undefined) other.textAfter(between);
        return container.textAfter(happened);
      });
      expect(texts).toEqual(textsOf(happening, of));
    }),
  );
});
