import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it, onTestFinished } from 'vitest';
import { readTextFile } from '../../../src/kernel/kept-file.ts';
import { inExecutionDomain, readExecutionDomain } from '../../../src/kernel/personality.ts';

/** A process that setarch(8) has started in an execution domain, with ADDR_NO_RANDOMIZE too. */
async function startIn(domain: 'linux32' | 'linux64'): Promise<number> {
  const script = 'echo ready; exec sleep infinity';
  const argv = ['setarch', domain, '--addr-no-randomize', 'sh', '-c', script];
  const child = spawn('env', argv, { stdio: ['ignore', 'pipe', 'ignore'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  return child.pid ?? 0;
}

const ownPersonality = () => readTextFile('/proc/thread-self/personality')?.trim();

describe('readExecutionDomain()', () => {
  it('tells PER_LINUX32 from others, whatever flags are beside it', async () => {
    expect(readExecutionDomain(await startIn('linux32'))).toBe('32-bit');
    expect(readExecutionDomain(await startIn('linux64'))).toBe('native');
  });

  it('is native for a thread that is not there', () => {
    expect(readExecutionDomain(0)).toBe('native');
    expect(readExecutionDomain(2 ** 22 + 1)).toBe('native');
  });
});

describe('inExecutionDomain()', () => {
  it('runs in the domain, and puts the thread’s own back', () => {
    const before = ownPersonality();
    const inside = inExecutionDomain('32-bit', ownPersonality);
    expect(inside).toMatch(/^[0-9a-f]{6}08$/);
    expect(inside?.slice(0, 6)).toBe(before?.slice(0, 6));
    expect(ownPersonality()).toBe(before);
  });

  it('puts it back when what it runs throws', () => {
    const before = ownPersonality();
    const fail = () => {
      throw new Error('of the test');
    };
    expect(() => inExecutionDomain('32-bit', fail)).toThrow('of the test');
    expect(ownPersonality()).toBe(before);
  });

  it('takes a thread that is in the other domain to the native one', () => {
    const inside = inExecutionDomain('32-bit', () => inExecutionDomain('native', ownPersonality));
    expect(inside).toMatch(/00$/);
  });
});
