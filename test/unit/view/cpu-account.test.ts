import { describe, expect, test } from 'vitest';
import type { CpuUsage } from '../../../src/cgroup/cpu-usage.ts';
import { AccountScratch, accountLength, CpuAccount } from '../../../src/view/cpu-account.ts';

const possibleCpus = 4;
const sec = 1e6;

function makeAccount(): CpuAccount {
  const row = new Float64Array(accountLength(possibleCpus));
  return new CpuAccount(row, new AccountScratch(possibleCpus));
}

function total(userSec: number, systemSec = 0, niceSec = 0): CpuUsage {
  return {
    kind: 'total',
    userUsec: userSec * sec,
    niceUsec: niceSec * sec,
    systemUsec: systemSec * sec,
  };
}

/** By host CPU: user and system time. */
function perCpu(...cpus: readonly (readonly [userSec: number, systemSec: number])[]): CpuUsage {
  return {
    kind: 'per-cpu',
    cpus: cpus.map(([userSec, systemSec], cpu) => ({
      cpu,
      usageUsec: (userSec + systemSec) * sec,
      sampledUserUsec: userSec * sec,
      sampledSystemUsec: systemSec * sec,
    })),
  };
}

/** Advances and gives each line's user, nice, system and idle ticks. */
function read(
  account: CpuAccount,
  ageSec: number,
  cpus: readonly number[],
  usage: CpuUsage,
): number[][] {
  account.advance({ ageUsec: ageSec * sec, cpus, usage, startedAtSec: 1000 });
  const { cpuCount, ticks } = account.times();
  return Array.from({ length: cpuCount }, (_, cpu) => [...ticks.subarray(cpu * 4, cpu * 4 + 4)]);
}

describe('advance() with sums', () => {
  test('spreads the whole life of the container at the first reading', () => {
    expect(read(makeAccount(), 10, [0, 1], total(4, 2, 1))).toEqual([
      [150, 50, 100, 700],
      [150, 50, 100, 700],
    ]);
  });

  test('adds what the counters grew by', () => {
    const account = makeAccount();
    read(account, 10, [0], total(4));
    expect(read(account, 11, [0], total(4.5, 0.25))).toEqual([[450, 0, 25, 625]]);
  });

  test('gives nice time that does not fit into user time at a later reading', () => {
    const account = makeAccount();
    read(account, 10, [0], total(4, 0, 1));
    expect(read(account, 11, [0], total(4.5, 0, 2))).toEqual([[300, 150, 0, 650]]);
    expect(read(account, 12, [0], total(5.5, 0, 2))).toEqual([[350, 200, 0, 650]]);
  });

  test('adds nothing when the counters began anew', () => {
    const account = makeAccount();
    read(account, 10, [0], total(4, 2));
    expect(read(account, 11, [0], total(1, 1))).toEqual([[400, 0, 200, 500]]);
    expect(read(account, 12, [0], total(1.5, 1.25))).toEqual([[450, 0, 225, 525]]);
  });

  test('adds nothing for a sample that is not younger than the last', () => {
    const account = makeAccount();
    const before = read(account, 10, [0], total(4));
    expect(read(account, 10, [0, 1], total(5))).toEqual(before);
    expect(read(account, 9, [0, 1], total(5))).toEqual(before);
    expect(read(account, 11, [0], total(5))).toEqual([[500, 0, 0, 600]]);
  });

  test('shows lines, with nothing in them, for a container that began at this moment', () => {
    expect(read(makeAccount(), 0, [0, 1], total(0))).toEqual([
      [0, 0, 0, 0],
      [0, 0, 0, 0],
    ]);
  });
});

describe('advance() with counters of each CPU', () => {
  test('gives each shown CPU its own', () => {
    expect(read(makeAccount(), 10, [1, 3], perCpu([0, 0], [4, 1], [0, 0], [2, 2]))).toEqual([
      [400, 0, 100, 500],
      [200, 0, 200, 600],
    ]);
  });

  test('gives time of other CPUs to those with room for it', () => {
    const account = makeAccount();
    read(account, 10, [0, 1], perCpu([0, 0], [0, 0], [0, 0]));
    // CPU 0 has 1 s of room, CPU 1 has 3 s; CPU 2 is not shown.
    expect(read(account, 14, [0, 1], perCpu([3, 0], [1, 0], [1, 1]))).toEqual([
      [325, 0, 25, 1050],
      [175, 0, 75, 1150],
    ]);
  });

  test('gives what there is no room for to all evenly', () => {
    const account = makeAccount();
    read(account, 10, [0, 1], perCpu([0, 0], [0, 0], [0, 0]));
    expect(read(account, 11, [0, 1], perCpu([1, 0], [0.5, 0], [1, 0]))).toEqual([
      [125, 0, 0, 1000],
      [125, 0, 0, 1000],
    ]);
  });

  test('keeps to the precise usage when ticks found more', () => {
    const account = makeAccount();
    const usage = { cpu: 0, sampledUserUsec: 6 * sec, sampledSystemUsec: 2 * sec };
    const cpus = [{ ...usage, usageUsec: 4 * sec }];
    expect(read(account, 10, [0], { kind: 'per-cpu', cpus })).toEqual([[300, 0, 100, 600]]);
  });

  test('lets neither user nor system time fall when their ratio changes', () => {
    const account = makeAccount();
    read(account, 10, [0], perCpu([3, 3]));
    const cpus = [{ cpu: 0, usageUsec: 7 * sec, sampledUserUsec: 9 * sec, sampledSystemUsec: sec }];
    expect(read(account, 11, [0], { kind: 'per-cpu', cpus })).toEqual([[400, 0, 300, 400]]);
  });

  test('takes over from sums without adding them again', () => {
    const account = makeAccount();
    read(account, 10, [0], total(4));
    expect(read(account, 11, [0], perCpu([4, 0]))).toEqual([[400, 0, 0, 700]]);
    expect(read(account, 12, [0], perCpu([5, 0]))).toEqual([[500, 0, 0, 700]]);
  });
});

describe('advance() when the CPUs change', () => {
  test('begins a CPU that was never shown at zero', () => {
    const account = makeAccount();
    read(account, 10, [0], total(4));
    expect(read(account, 11, [0, 1], total(5))).toEqual([
      [450, 0, 0, 650],
      [50, 0, 0, 50],
    ]);
  });

  test('adds the counters of CPUs that go to those that stay', () => {
    const account = makeAccount();
    read(account, 10, [0, 1, 2], total(3));
    expect(read(account, 11, [0, 1], total(3))).toEqual([
      [150, 0, 0, 1450],
      [150, 0, 0, 1450],
    ]);
  });

  test('cuts no tick in two', () => {
    const account = makeAccount();
    read(account, 10, [0, 1, 2], total(0.03));
    const lines = read(account, 11, [0, 1], total(0.03));
    expect(lines.map(([user]) => user)).toEqual([2, 1]);
  });

  test('shows a CPU that comes back with what it had', () => {
    const account = makeAccount();
    read(account, 10, [0, 1], total(4));
    read(account, 11, [0], total(4));
    expect(read(account, 12, [0, 1], total(5))).toEqual([
      [450, 0, 0, 1750],
      [250, 0, 0, 850],
    ]);
  });
});

describe('idle time', () => {
  test('stands still until the clock has caught up with what was used', () => {
    const account = makeAccount();
    read(account, 10, [0], total(10.5));
    expect(read(account, 10.25, [0], total(10.5))).toEqual([[1050, 0, 0, 0]]);
    expect(read(account, 11, [0], total(10.5))).toEqual([[1050, 0, 0, 50]]);
  });

  test('goes on a second after the container had more CPUs', () => {
    const account = makeAccount();
    read(account, 10, [0], total(40));
    expect(read(account, 11, [0], total(40))).toEqual([[4000, 0, 0, 0]]);
    expect(read(account, 12, [0], total(40.5))).toEqual([[4050, 0, 0, 50]]);
  });
});

describe('startedAtSec', () => {
  const startAfter = (...seconds: readonly number[]) => {
    const account = makeAccount();
    for (const [index, startedAtSec] of seconds.entries()) {
      account.advance({ ageUsec: index + 1, cpus: [0], usage: total(0), startedAtSec });
    }
    return account.times().startedAtSec;
  };

  test('does not waver by a second', () => {
    expect(startAfter(100, 101, 99, 101)).toBe(100);
  });

  test('follows a clock that was set', () => {
    expect(startAfter(100, 102)).toBe(102);
    expect(startAfter(100, 5)).toBe(5);
  });
});
