import { describe, expect, it } from 'vitest';
import { mountPointIn } from '../../../src/daemon/announcement.ts';

describe('mountPointIn()', () => {
  it.each([
    ['serve', {}, '/var/lib/nsproc'],
    ['serve', { NSPROC_MOUNT_POINT: '/srv/it' }, '/srv/it'],
    ['serve --mount-point /srv/a', { NSPROC_MOUNT_POINT: '/srv/it' }, '/srv/a'],
    ['serve --workers 3 --mount-point=/srv/b/ --swap off', {}, '/srv/b'],
    ['serve --mount-point /srv/a --mount-point /srv/b', {}, '/srv/b'],
    ['serve --mount-point', {}, '/var/lib/nsproc'],
  ])('of %j in %j is %s', (line, environment, mountPoint) => {
    expect(mountPointIn(line.split(' '), environment)).toBe(mountPoint);
  });

  it('is the absolute path of a relative one', () => {
    expect(mountPointIn(['serve', '--mount-point', 'here'], {})).toBe(`${process.cwd()}/here`);
  });

  it.each(['status', 'status --mount-point /srv/a', ''])('does not take %j for a start', (line) => {
    expect(mountPointIn(line.split(' '), {})).toBeUndefined();
  });
});
