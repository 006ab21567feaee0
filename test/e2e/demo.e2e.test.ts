// nsproc demo: what it prints, and that nothing of it stays.

import { existsSync, readdirSync } from 'node:fs';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { readHierarchies } from '../support/cgroup-hierarchies.ts';
import { hostKibOf } from '../support/host.ts';
import { mountsBelow } from '../support/mounts.ts';
import { nsprocArgv } from '../support/nsproc-process.ts';
import { findByCommandLine } from '../support/processes.ts';
import { missing } from '../support/requirements.ts';
import { makeTeardown } from '../support/teardown.ts';
import { startWatched } from '../support/watched-process.ts';

const lacking = missing('root', 'fuse', 'cgroup:memory', 'cgroup:cpu');
const teardown = makeTeardown();
beforeEach((ctx) => ctx.skip(lacking !== undefined, lacking));
afterAll(() => teardown.run());

describe('nsproc demo', () => {
  it('shows host and container side by side, and leaves nothing behind', async () => {
    const temporary = teardown.makeDir();
    const demo = startWatched(nsprocArgv('demo'), { ...process.env, TMPDIR: temporary });
    expect(await demo.ended).toBe(0);
    const printed = demo.output();
    expect(printed).toMatch(/^ +host +container \(64 MiB, 0\.5 CPU\)$/m);
    expect(printed).toMatch(new RegExp(`^ +MemTotal +${hostKibOf('MemTotal')} kB +65536 kB$`, 'm'));
    expect(printed).toMatch(/^\/proc\/uptime +\d+\.\d\d \d+\.\d\d +\d+\.\d\d \d+\.\d\d$/m);
    expect(printed).toMatch(/^ +cpu0 +\d+ [\d ]+ \d+ [\d ]+$/m);
    expect(printed).not.toContain('limit not set');

    expect(readdirSync(temporary)).toEqual([]);
    expect(mountsBelow(temporary)).toEqual([]);
    expect(findByCommandLine(temporary)).toEqual([]);
    const cgroups = readHierarchies().map((found) => `${found.mountPoint}/nsproc-demo-${demo.pid}`);
    expect(cgroups.filter((dir) => existsSync(dir))).toEqual([]);
  });
});
