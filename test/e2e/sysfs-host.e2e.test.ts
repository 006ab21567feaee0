// /sys/devices/system/cpu and node as the host's own readers find them in the mount, and whom
// they let read what.

import { chmodSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { run, runOrThrow } from '../support/commands.ts';
import { useServingScene } from '../support/serving-scene.ts';
import { servedTrees, startWithSystem, systemDir } from '../support/system-mounts.ts';

const scene = useServingScene('cgroup:cpu');
const mounted = () => `${scene().daemon.mountPoint}${systemDir}`;

/** Links to CPUs and nodes; a CPU's `cpufreq` is a directory in the mount. */
const isServedLink = /\/(cpu|node)\d+$/;

/** Texts that do not change from one moment to the next. */
const steady = /^(cpu|node)\/\w+$|\/(cache|topology|vulnerabilities)\/|\/cpu(list|map)$|desc$/;

async function listing(dir: string): Promise<string[]> {
  const format = '%P %y %m %U %G %s %n %l\\n';
  const trees = servedTrees();
  const text = await runOrThrow([
    'sh',
    '-c',
    `cd '${dir}' && find ${trees.join(' ')} -printf '%H/${format}' | sort`,
  ]);
  return text.split('\n').filter((line) => {
    const [path = '', type] = line.split(' ');
    return path !== '' && !path.includes('/cpufreq') && (type !== 'l' || isServedLink.test(path));
  });
}

describe('a reader of the host', () => {
  it('finds the names, types, rights, sizes and links of the host', async () => {
    expect(await listing(mounted())).toEqual(await listing(systemDir));
  });

  it('reads the texts of the host', async () => {
    const script = `cd ${systemDir} && find ${servedTrees().join(' ')} -type f -perm -004`;
    const paths = (await runOrThrow(['sh', '-c', script])).split('\n');
    const files = paths.filter((path) => steady.test(path));
    expect(files.length).toBeGreaterThan(20);
    for (const path of files) {
      const texts = [mounted(), systemDir].map((dir) => readFileSync(join(dir, path), 'latin1'));
      expect({ path, text: texts[0] }).toEqual({ path, text: texts[1] });
    }
  });
});

describe('a file that only root may read', () => {
  // The first is not there without power management.
  const paths = ['cpu/cpu0/power/runtime_suspended_time', 'cpu/cpu0/topology/core_id'];
  const path = paths.find((file) => existsSync(join(systemDir, file))) ?? '';
  const asNobody = ['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups'];

  it('is refused to others, in the mount and in containers', async () => {
    const host = join(systemDir, path);
    chmodSync(host, 0o400);
    scene().teardown.add(() => chmodSync(host, 0o444));
    const container = await startWithSystem(scene(), scene().makeCgroup());
    for (const reader of [
      { argv: ['cat', host], prefix: container.execArgv([]) },
      { argv: ['cat', join(mounted(), path)], prefix: [] },
    ]) {
      const asRoot = await run([...reader.prefix, ...reader.argv]);
      expect(asRoot).toMatchObject({ status: 0, stderr: '' });
      const refused = await run([...reader.prefix, ...asNobody, ...reader.argv]);
      expect(refused.status).toBe(1);
      expect(refused.stderr).toContain('Permission denied');
      expect(refused.stdout).toBe('');
    }
    chmodSync(host, 0o444);
  });
});
