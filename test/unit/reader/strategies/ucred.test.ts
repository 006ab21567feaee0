import { describe, expect, it } from 'vitest';
import { SystemError } from '../../../../src/kernel/system-error.ts';
import { parseUcredAnswer } from '../../../../src/reader/strategies/ucred.ts';

describe('parseUcredAnswer()', () => {
  it('is the pid', () => {
    expect(parseUcredAnswer('pid 4711\n')).toBe(4711);
  });

  it.each([
    ['errno 12 fork\n', 'a namespace without init takes no members'],
    ['errno 3 send\n', 'pid 1 is nobody there'],
  ])('is undefined for %j: %s', (line) => {
    expect(parseUcredAnswer(line)).toBeUndefined();
  });

  it.each([
    ['errno 1 setns\n', 1],
    ['errno 22 setns\n', 22],
    ['errno 11 fork\n', 11],
    ['errno 12 socketpair\n', 12],
    ['errno 125 send\n', 125],
    ['errno 110 send\n', 110],
    // Not a shortage of the daemon's: the namespace's member has the word.
    ['errno 24 send\n', 5],
    ['errno 24 socketpair\n', 24],
    ['', 5],
    ['pid 0\n', 5],
    ['pid\n', 5],
    ['errno 0 send\n', 5],
    ['Segmentation fault', 5],
  ])('throws SystemError for %j', (line, errno) => {
    expect(() => parseUcredAnswer(line)).toThrow(
      expect.objectContaining({ name: SystemError.name, errno }),
    );
  });
});
