import { describe, expect, test } from 'vitest';
import { renderStat } from '../../../src/render/stat.ts';

const cpuTimes = {
  cpuCount: 2,
  ticks: Float64Array.of(1, 2, 3, 4, 10, 20, 30, 40),
  startedAtSec: 1_700_000_000,
};

function textOf(otherLines: string, columnCount = 10): string {
  const host = { onlineCpus: [0], columnCount, otherLines };
  return renderStat({ host, cpuTimes, procsRunning: 3, procsBlocked: 4 });
}

const cpuLines =
  'cpu  11 22 33 44 0 0 0 0 0 0\ncpu0 1 2 3 4 0 0 0 0 0 0\ncpu1 10 20 30 40 0 0 0 0 0 0\n';

describe('renderStat()', () => {
  test('puts the container’s numbers into the host’s lines', () => {
    const others =
      'intr 9 8 7\nctxt 5\nbtime 1\nprocesses 6\nprocs_running 99\nprocs_blocked 98\nsoftirq 1 2\n';
    expect(textOf(others)).toBe(
      `${cpuLines}intr 9 8 7\nctxt 5\nbtime 1700000000\nprocesses 6\nprocs_running 3\nprocs_blocked 4\nsoftirq 1 2\n`,
    );
  });

  test('keeps a host’s other lines, whatever they are and in whatever order', () => {
    const others = 'procs_blocked 1\nbtime 7\nfuture btime 1 2\nprocs_running 5\n';
    expect(textOf(others)).toBe(
      `${cpuLines}procs_blocked 4\nbtime 1700000000\nfuture btime 1 2\nprocs_running 3\n`,
    );
  });

  test('adds no line that the host has not', () => {
    expect(textOf('intr 1\n')).toBe(`${cpuLines}intr 1\n`);
    expect(textOf('')).toBe(cpuLines);
  });

  test('has as many columns as the host', () => {
    expect(textOf('', 4)).toBe('cpu  11 22 33 44\ncpu0 1 2 3 4\ncpu1 10 20 30 40\n');
    expect(textOf('', 12)).toMatch(/^cpu {2}11 22 33 44( 0){8}\n/);
  });
});
