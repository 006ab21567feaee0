// The command line of serve, its variables, and what it logs.

import { readFileSync } from 'node:fs';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { run, runOrThrow } from '../support/commands.ts';
import { nsprocArgv, runNsproc, startServe } from '../support/nsproc-process.ts';
import { findDescendants } from '../support/processes.ts';
import { missing } from '../support/requirements.ts';
import { makeTeardown } from '../support/teardown.ts';

const lacking = missing('root', 'fuse');
const teardown = makeTeardown();
beforeEach((ctx) => ctx.skip(lacking !== undefined, lacking));
afterAll(() => teardown.run());

function linesOf(output: string): Record<string, unknown>[] {
  return output
    .trimEnd()
    .split('\n')
    .map((line): Record<string, unknown> => JSON.parse(line));
}

describe('variables', () => {
  it('NSPROC_... stand for options, and options win', async () => {
    const mountPoint = teardown.makeDir();
    const env = {
      NSPROC_MOUNT_POINT: mountPoint,
      NSPROC_WORKERS: '3',
      NSPROC_CPUS: 'cpuset',
      NSPROC_SWAP: 'off',
      NSPROC_RESOLVER: 'ucred',
      NSPROC_INIT_CACHE_TTL: '0.5',
      NSPROC_LOG_LEVEL: 'debug',
    };
    const argv = nsprocArgv('serve', '--workers', '1');
    const daemon = await startServe(teardown, { mountPoint, argv, env });
    expect(linesOf(daemon.output()).find(({ msg }) => msg === 'serving')).toMatchObject({
      mountPoint,
      workers: 1,
      cpus: 'cpuset',
      swap: 'off',
      zswap: 'on',
      resolver: 'ucred',
    });
  });

  it('that make no sense are refused like options', async () => {
    const { status, stderr } = await runNsproc(['serve'], {
      env: { ...process.env, NSPROC_MOUNT_POINT: teardown.makeDir(), NSPROC_WORKERS: 'many' },
    });
    expect(status).toBe(2);
    expect(stderr).toContain('NSPROC_WORKERS');
  });
});

describe('certificates that node would read at each start', () => {
  it('are nothing for servers', async () => {
    const mountPoint = teardown.makeDir();
    const env = { NODE_EXTRA_CA_CERTS: '/etc/hostname', NSPROC_SWAP: 'off' };
    const argv = nsprocArgv('serve', '--mount-point', mountPoint);
    const { pid } = await startServe(teardown, { mountPoint, argv, env });
    const server = findDescendants(pid).at(0) ?? pid;
    const variables = readFileSync(`/proc/${server}/environ`, 'utf8').split('\0');
    expect(variables).toContain('NSPROC_SWAP=off');
    expect(variables.filter((text) => text.startsWith('NODE_EXTRA_CA_CERTS='))).toEqual([]);
  });
});

describe('a command line that is not understood', () => {
  it.each([
    [['serve', '--workers', '0']],
    [['serve', '--cpus', 'all']],
    [['serve', '--swap', 'maybe']],
    [['serve', '--zswap']],
    [['serve', '--init-cache-ttl', '-1']],
    [['serve', '--no-such-flag']],
    [['explain', 'one']],
    [['no-such-command']],
    [[]],
  ])('%j ends with 2 and says why', async (args) => {
    const { status, stderr, stdout } = await runNsproc(args);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).not.toBe('');
    expect(stderr).not.toContain('    at ');
  });

  it.each([[['--help']], [['--version']]])('%j is', async (args) => {
    const { status, stdout, stderr } = await runNsproc(args);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).not.toBe('');
  });
});

describe('the log', () => {
  it('is one JSON object a line where nobody watches, with names for all fields', async () => {
    const mountPoint = teardown.makeDir();
    const daemon = await startServe(teardown, { mountPoint });
    daemon.signal('SIGTERM');
    expect(await daemon.ended).toBe(0);
    const lines = linesOf(daemon.output());
    expect(lines.map(({ msg }) => msg)).toEqual(['serving', 'stopping', 'unmounted']);
    for (const { time, level } of lines) {
      expect(time).toMatch(/^\d{4}-\d\d-\d\dT.*Z$/);
      expect(level).toBe(30);
    }
  });

  it('is for people on a terminal', async () => {
    const mountPoint = teardown.makeDir();
    const command = nsprocArgv('serve', '--mount-point', mountPoint).join(' ');
    const argv = ['script', '--quiet', '--return', '--flush', '--command', command, '/dev/null'];
    const daemon = await startServe(teardown, { mountPoint, argv });
    await runOrThrow(['umount', '--recursive', mountPoint]);
    expect(await daemon.ended).toBe(0);
    expect(daemon.output()).toMatch(/INFO.*serving/);
    expect(daemon.output()).toMatch(/mountPoint.*nsproc-test-/);
    expect(daemon.output()).not.toContain('{"');
  });

  it('of level error has nothing of a good start', async () => {
    const mountPoint = teardown.makeDir();
    const argv = nsprocArgv('serve', '--mount-point', mountPoint, '--log-level', 'error');
    const script = `
      "$@" &
      until grep -q "$0" /proc/mounts; do sleep 0.1; done
      cat "$0/proc/uptime" >/dev/null
      kill $!
      wait $!`;
    const { status, stdout, stderr } = await run(['sh', '-c', script, mountPoint, ...argv]);
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: '', stderr: '' });
  });
});
