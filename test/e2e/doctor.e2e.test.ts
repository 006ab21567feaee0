// nsproc doctor on this machine, and on mount points of every state.

import { existsSync } from 'node:fs';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import type { HostReport } from '../../src/daemon/host-check.ts';
import { run, runOrThrow } from '../support/commands.ts';
import { startDaemon } from '../support/daemon.ts';
import { mountsBelow, unmountBelow } from '../support/mounts.ts';
import { nsprocArgv, runNsproc } from '../support/nsproc-process.ts';
import { missing } from '../support/requirements.ts';
import { makeTeardown } from '../support/teardown.ts';

const lacking = missing('root', 'fuse');
const teardown = makeTeardown();
beforeEach((ctx) => ctx.skip(lacking !== undefined, lacking));
afterAll(() => teardown.run());

interface Answer {
  readonly status: number;
  readonly report: HostReport;
}

async function examine(mountPoint: string): Promise<Answer> {
  const outcome = await runNsproc(['doctor', '--json', '--mount-point', mountPoint]);
  expect(outcome.stderr).toBe('');
  const report: HostReport = JSON.parse(outcome.stdout);
  return { status: outcome.status, report };
}

function mountPointFinding({ report }: Answer) {
  return report.findings.find(({ name }) => name === 'mount point');
}

describe('nsproc doctor', () => {
  it('says that serve can work here, and by which resolver', async () => {
    const { status, report } = await examine('/nsproc-test-nowhere');
    expect(report.findings.filter((finding) => finding.status === 'fail')).toEqual([]);
    expect({ status, canServe: report.canServe }).toEqual({ status: 0, canServe: true });
    const { NSPROC_EXPECTED_RESOLVER: expected = report.resolver } = process.env;
    expect(report.resolver).toBe(expected);
    expect(report.resolver).not.toBeNull();
  });

  it('knows the cgroups of this machine', async () => {
    const types = await runOrThrow(['findmnt', '--noheadings', '--output', 'FSTYPE', '--list']);
    const kinds = new Set(types.split('\n').map((type) => type.trim()));
    const hasV1 = kinds.has('cgroup');
    const expected = !hasV1 ? 'unified' : kinds.has('cgroup2') ? 'hybrid' : 'legacy';
    expect((await examine('/nsproc-test-nowhere')).report.cgroupLayout).toBe(expected);
  });

  it('says what this kernel lacks, and what is done instead', async () => {
    const [major = 0, minor = 0] = (await runOrThrow(['uname', '-r'])).split('.').map(Number);
    const isFrom = (wantedMinor: number) => major > 6 || (major === 6 && minor >= wantedMinor);
    const { findings } = (await examine('/nsproc-test-nowhere')).report;
    const detailOf = (name: string) => findings.find((finding) => finding.name === name)?.detail;
    expect(detailOf('after a crash')).toContain(isFrom(9) ? 'sent again' : 'from the journal');
    expect(detailOf('heal')).toContain(isFrom(5) ? 'beneath' : 'no MOVE_MOUNT_BENEATH');
    const hasPressure = existsSync('/proc/pressure/cpu');
    expect(detailOf('pressure')).toMatch(hasPressure ? /^(each|the host's)/ : /^left out/);
  });

  it('prints for people what --json has', async () => {
    const { stdout, status } = await runNsproc(['doctor', '--mount-point', '/nsproc-test-nowhere']);
    expect(status).toBe(0);
    for (const { name, status: state } of (await examine('/nsproc-test-nowhere')).report.findings) {
      expect(stdout).toMatch(new RegExp(`^${state} +${name}`, 'm'));
    }
    expect(stdout).toMatch(/^nsproc can serve here \(resolver [a-z-]+\)\.$/m);
    expect(stdout).not.toContain('\u001b[');
  });

  it('without privileges says what is missing, and ends with 1', async () => {
    const capless = ['setpriv', '--bounding-set=-sys_admin,-sys_ptrace', '--'];
    const argv = [...capless, ...nsprocArgv('doctor', '--mount-point', '/nsproc-test-nowhere')];
    const { status, stdout } = await run(argv);
    expect(status).toBe(1);
    expect(stdout).toMatch(/^fail +CAP_SYS_ADMIN/m);
    expect(stdout).toContain('nsproc cannot serve here');
  });
});

describe('nsproc doctor on a mount point', () => {
  it('of others fails, and leaves it alone', async () => {
    const mountPoint = teardown.makeDir();
    teardown.add(() => unmountBelow(mountPoint));
    await runOrThrow(['mount', '-t', 'tmpfs', 'somebody', mountPoint]);
    const answer = await examine(mountPoint);
    expect({ status: answer.status, canServe: answer.report.canServe }).toEqual({
      status: 1,
      canServe: false,
    });
    expect(mountPointFinding(answer)).toMatchObject({ status: 'fail' });
    expect(mountPointFinding(answer)?.detail).toContain('tmpfs');
    expect(mountsBelow(mountPoint)).toHaveLength(1);
  });

  it('that is served, and then dead, says so', async () => {
    const mountPoint = teardown.makeDir();
    const daemon = await startDaemon({ mountPoint });
    teardown.add(() => daemon.stop());
    const served = await examine(mountPoint);
    expect(mountPointFinding(served)).toMatchObject({ status: 'ok' });
    expect(mountPointFinding(served)?.detail).toContain('an nsproc serves it');
    await daemon.kill();
    const dead = await examine(mountPoint);
    expect(dead.status).toBe(0);
    expect(mountPointFinding(dead)).toMatchObject({ status: 'warn' });
    expect(mountPointFinding(dead)?.detail).toContain('has ended');
  });
});
