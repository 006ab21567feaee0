import { describe, expect, it, vi } from 'vitest';
import { isOutOfFds, withFds } from '../../../src/kernel/out-of-fds.ts';

function shortage(code: string): Error {
  return Object.assign(new Error(`Cannot open it: ${code}`), { code });
}

describe('isOutOfFds()', () => {
  it.each(['EMFILE', 'ENFILE'])('is true of %s', (code) => {
    expect(isOutOfFds(shortage(code))).toBe(true);
  });

  it.each([shortage('ENOENT'), new Error('EMFILE'), 'EMFILE', undefined])(
    'is false of %s',
    (error) => {
      expect(isOutOfFds(error)).toBe(false);
    },
  );
});

describe('withFds()', () => {
  it('runs once when there are fds', () => {
    const giveBack = vi.fn();
    expect(withFds(() => 'text', giveBack)).toBe('text');
    expect(giveBack).not.toHaveBeenCalled();
  });

  it('gives back what is kept and runs again when there are none', () => {
    let free = 0;
    const run = () => {
      if (free === 0) throw shortage('EMFILE');
      return 'text';
    };
    expect(withFds(run, () => free++)).toBe('text');
  });

  it('throws what it meets when that does not help', () => {
    const run = vi.fn(() => {
      throw shortage('ENFILE');
    });
    expect(() => withFds(run, () => {})).toThrow('ENFILE');
    expect(run).toHaveBeenCalledTimes(2);
  });

  it('throws another error at once', () => {
    const giveBack = vi.fn();
    const run = () => {
      throw shortage('EIO');
    };
    expect(() => withFds(run, giveBack)).toThrow('EIO');
    expect(giveBack).not.toHaveBeenCalled();
  });
});
