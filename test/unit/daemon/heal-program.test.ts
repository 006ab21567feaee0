import { constants } from 'node:os';
import { expect, test } from 'vitest';
import { outcomeOf } from '../../../src/daemon/heal-outcome.ts';
import { encodeRecord, type HealAnswer, parseAnswer } from '../../../src/daemon/heal-program.ts';
import type { MountLine } from '../../../src/kernel/mountinfo.ts';

const top: MountLine = {
  id: 104,
  parentId: 103,
  device: '0:41',
  root: '/proc/meminfo',
  mountPoint: '/proc/meminfo',
  options: ['ro', 'nosuid'],
  type: 'fuse.nsproc',
  source: 'nsproc',
};
const below: MountLine = { ...top, id: 103, parentId: 101, device: '0:40', options: ['rw'] };

test('encodeRecord() has the layers from the top, what they are on, and the flags of the top', () => {
  const record = { target: '/proc/meminfo', layers: [top, below], source: 'proc/meminfo' } as const;
  expect(encodeRecord(record).toString('latin1')).toBe(
    '104=0:41,103=0:40\x00101\x003\x00/proc/meminfo\x00proc/meminfo\x00',
  );
});

test('encodeRecord() keeps the bytes of a path', () => {
  const record = { target: '/caf\u00c3\u00a9', layers: [top], source: '' } as const;
  expect(encodeRecord(record).includes(Buffer.from('/caf\u00e9', 'utf8'))).toBe(true);
});

test.each([
  ['replaced', { word: 'replaced' }],
  ['changed', { word: 'changed' }],
  [`errno ${constants.errno.ELOOP} target`, { word: 'errno', code: 'ELOOP', step: 'target' }],
  ['', undefined],
  ['surprise', undefined],
])('parseAnswer() of %j', (line, expected) => {
  expect(parseAnswer(line)).toEqual(expected);
});

test.each<[HealAnswer, string | undefined]>([
  [{ word: 'alive' }, undefined],
  [{ word: 'ready' }, 'ready'],
  [{ word: 'replaced' }, 'replaced'],
  [{ word: 'covered' }, 'replaced'],
  [{ word: 'changed' }, 'left-alone'],
  [{ word: 'hung' }, 'hung'],
  [{ word: 'late' }, 'failed'],
  [{ word: 'errno', code: 'ELOOP', step: 'target' }, 'left-alone'],
  [{ word: 'errno', code: 'EACCES', step: 'target' }, 'failed'],
  [{ word: 'errno', code: 'ENOENT', step: 'source' }, 'missing'],
  [{ word: 'errno', code: 'EINVAL', step: 'mount' }, 'failed'],
  [{ word: 'errno', code: 'EPERM', step: 'setns' }, 'failed'],
])('outcomeOf() of %j is %s', (answer, result) => {
  expect(outcomeOf(answer)?.result).toBe(result);
});
