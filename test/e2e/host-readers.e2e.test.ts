// Readers of the host get the host's files.

import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { run } from '../support/commands.ts';
import { formOf, parseMeminfo, parseStat, parseUptime } from '../support/proc-texts.ts';
import { useServingScene } from '../support/serving-scene.ts';

const scene = useServingScene();

const readHost = (file: string) => readFile(`/proc/${file}`, 'latin1');

/** By a process of the host that is not the test. */
async function readServed(file: string): Promise<string> {
  const { stdout, stderr } = await run(['cat', `${scene().daemon.mountPoint}/proc/${file}`]);
  expect(stderr).toBe('');
  return stdout;
}

/** Lines of /proc/meminfo that do not move while a machine runs. */
const steady = ['MemTotal', 'SwapTotal', 'CommitLimit', 'VmallocTotal', 'Hugepagesize'];

describe('/proc/meminfo of the host', () => {
  it('has the same lines in the same form', async () => {
    expect(formOf(await readServed('meminfo'))).toBe(formOf(await readHost('meminfo')));
  });

  it('has the same numbers where they do not move', async () => {
    const served = parseMeminfo(await readServed('meminfo'));
    const host = parseMeminfo(await readHost('meminfo'));
    const pick = (numbers: ReadonlyMap<string, number>) =>
      steady.map((label) => [label, numbers.get(label)]);
    expect(pick(served)).toEqual(pick(host));
  });
});

describe('/proc/uptime of the host', () => {
  it('lies between two readings of the host', async () => {
    const before = parseUptime(await readHost('uptime'));
    const served = parseUptime(await readServed('uptime'));
    const after = parseUptime(await readHost('uptime'));
    expect(served.ageSec).toBeGreaterThanOrEqual(before.ageSec);
    expect(served.ageSec).toBeLessThanOrEqual(after.ageSec);
  });
});

describe('/proc/stat of the host', () => {
  it('has the same lines in the same form, interrupts and all', async () => {
    expect(formOf(await readServed('stat'))).toBe(formOf(await readHost('stat')));
  });

  it('counts from between two readings of the host', async () => {
    const before = parseStat(await readHost('stat'));
    const served = parseStat(await readServed('stat'));
    const after = parseStat(await readHost('stat'));
    expect(served.values.get('btime')).toBe(before.values.get('btime'));
    for (const label of ['ctxt', 'processes']) {
      expect(served.values.get(label)).toBeGreaterThanOrEqual(before.values.get(label) ?? 0);
      expect(served.values.get(label)).toBeLessThanOrEqual(after.values.get(label) ?? 0);
    }
    for (const [label, counters] of before.cpus) {
      // User and system time; the kernel lets idle and iowait fall now and then.
      for (const column of [0, 2]) {
        const counter = served.cpus.get(label)?.[column] ?? 0;
        expect(counter).toBeGreaterThanOrEqual(counters[column] ?? 0);
        expect(counter).toBeLessThanOrEqual(after.cpus.get(label)?.[column] ?? 0);
      }
    }
  });
});

describe('tail -c', () => {
  it('of every file gives its end, however large stat(2) says the file is', async () => {
    const { mountPoint } = scene().daemon;
    const { stdout } = await run(['find', `${mountPoint}/proc`, '-type', 'f', '-printf', '%P\\n']);
    for (const file of stdout.trimEnd().split('\n')) {
      const tail = await run(['tail', '-c', '16', `${mountPoint}/proc/${file}`]);
      // Cut off before what may be half a number.
      const end = formOf(tail.stdout).replace(/^ ?\S+/, '');
      const host = await readHost(file);
      expect(formOf(host).endsWith(end), `${file}: ${tail.stdout}${tail.stderr}`).toBe(true);
      expect(tail.stdout, file).not.toBe('');
    }
  });
});

describe('a thread of the host that leads no process', () => {
  it('gets the file of the host', async () => {
    // Node reads files in threads of its own.
    const served = await readFile(`${scene().daemon.mountPoint}/proc/stat`, 'latin1');
    expect(formOf(served)).toBe(formOf(await readHost('stat')));
  });
});
