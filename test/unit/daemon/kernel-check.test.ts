import { expect, test } from 'vitest';
import { checkKernel, type KernelFacts } from '../../../src/daemon/kernel-check.ts';

const v2Stat = 'anon 1\nfile 2\nkernel_stack 3\npagetables 4\n';
const modern: KernelFacts = {
  version: [6, 18],
  mountMoves: 'beneath',
  hasPressure: true,
  hasUnified: true,
  memoryStat: v2Stat,
  hostMeminfo: 'MemTotal: 1 kB\nAnonPages: 1 kB\nPageTables: 1 kB\nBounce: 0 kB\nHugetlb: 0 kB\n',
  cpuStat: 'usage_usec 1\nnice_usec 0\n',
};

function detailOf(name: string, facts: Partial<KernelFacts>): string | undefined {
  const findings = checkKernel({ ...modern, ...facts });
  // None of it keeps the daemon from serving.
  expect(new Set(findings.map(({ status }) => status))).toEqual(new Set(['ok']));
  return findings.find((finding) => finding.name === name)?.detail;
}

test.each([
  ['6.18', [6, 18], 'sent again by the kernel'],
  ['6.9', [6, 9], 'sent again by the kernel'],
  ['6.8', [6, 8], 'repeated from the journal: kernel before 6.9 has no FUSE_NOTIFY_RESEND'],
  ['5.10', [5, 10], 'repeated from the journal'],
  ['7.0', [7, 0], 'sent again by the kernel'],
] as const)('checkKernel() says how Linux %s goes on after a crash', (_, version, detail) => {
  expect(detailOf('after a crash', { version })).toContain(detail);
});

test.each([
  ['beneath', 'MOVE_MOUNT_BENEATH'],
  ['on top', "uncovers the host's file for a moment"],
  ['none', 'left out'],
  [undefined, undefined],
] as const)('checkKernel() says what heal does where a mount moves %s', (mountMoves, detail) => {
  const found = detailOf('heal', { mountMoves });
  if (detail === undefined) expect(found).toBeUndefined();
  else expect(found).toContain(detail);
});

test.each([
  ['the kernel keeps none', { hasPressure: false }, 'left out'],
  ['there is no v2 hierarchy', { hasUnified: false }, "the host's, for reading"],
  ['both are there', {}, 'with triggers'],
])('checkKernel() says what pressure files show where %s', (_, facts, detail) => {
  expect(detailOf('pressure', facts)).toContain(detail);
});

test.each([
  ['counts all', v2Stat, 'all that'],
  ['lacks a field', 'anon 1\nfile 2\n', '0, as memory.stat does not count them: PageTables'],
  ['is of v1', 'total_rss 1\n', '0, as memory.stat does not count them: PageTables'],
  ['is nowhere', undefined, undefined],
])('checkKernel() names the lines of meminfo that are 0 when memory.stat %s', (_, text, detail) => {
  const found = detailOf('meminfo', { memoryStat: text });
  if (detail === undefined) expect(found).toBeUndefined();
  else expect(found).toContain(detail);
});

test.each([
  ['counts it', 'user_usec 1\nnice_usec 0\n', undefined],
  ['does not', 'user_usec 1\n', 'nice is part of user'],
  ['is not of v2', undefined, undefined],
])('checkKernel() tells of nice time when cpu.stat %s', (_, cpuStat, detail) => {
  const found = detailOf('stat', { cpuStat });
  if (detail === undefined) expect(found).toBeUndefined();
  else expect(found).toContain(detail);
});
