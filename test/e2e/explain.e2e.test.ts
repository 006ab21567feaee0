// nsproc explain: who a process is taken for, and where its numbers come from.

import { existsSync } from 'node:fs';
import { describe, expect, it, type TestContext } from 'vitest';
import type { ExplainedFile, ExplainedNumber } from '../../src/procfs/explain.ts';
import { readHierarchies } from '../support/cgroup-hierarchies.ts';
import type { Container } from '../support/containers.ts';
import { runNsproc } from '../support/nsproc-process.ts';
import { kibOf } from '../support/proc-texts.ts';
import { compileProgram } from '../support/programs.ts';
import { readIn, useServingScene } from '../support/serving-scene.ts';
import { startWatched } from '../support/watched-process.ts';

const scene = useServingScene('cgroup:memory', 'cgroup:cpu');

interface Explanation {
  readonly reader: string;
  readonly initPid: number | null;
  readonly rule: string;
  readonly cgroups: Readonly<Record<string, string>>;
  readonly files: readonly ExplainedFile[];
}

async function explain(pid: number, ...args: readonly string[]): Promise<Explanation> {
  const { status, stdout, stderr } = await runNsproc(['explain', String(pid), ...args, '--json']);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return JSON.parse(stdout);
}

let started: Promise<Container> | undefined;

/** A container with 64 MiB, of which it uses some. */
function someContainer(): Promise<Container> {
  const start = async (): Promise<Container> => {
    const cgroup = scene().makeCgroup({ memoryBytes: 64 * 2 ** 20, cpuQuotaUsec: 50_000 });
    const container = await scene().start({ cgroup });
    const taking = startWatched(container.execArgv([compileProgram('allocate'), '8']));
    await taking.untilPrinted(/holds/);
    return container;
  };
  started ??= start();
  return started;
}

async function numbersOf(file: string): Promise<ReadonlyMap<string, ExplainedNumber>> {
  const { initPid } = await someContainer();
  const { files } = await explain(initPid, file);
  expect(files.map(({ path, origin }) => [path, origin])).toEqual([[`proc/${file}`, 'container']]);
  return new Map(files[0]?.numbers.map((number) => [number.label, number]));
}

describe('nsproc explain of a container', () => {
  it('names its init and its cgroups', async () => {
    const { initPid, cgroup } = await someContainer();
    const explanation = await explain(initPid);
    expect(explanation).toMatchObject({ reader: 'container', rule: 'mounts-of-init', initPid });
    expect(explanation.cgroups['memory']).toContain(cgroup?.path);
    expect(explanation.files.map(({ path }) => path)).toEqual(
      expect.arrayContaining(['proc/meminfo', 'proc/stat', 'proc/uptime']),
    );
  });

  it('has the numbers that it reads, each with what it comes from', async () => {
    const numbers = await numbersOf('meminfo');
    const text = await readIn(await someContainer(), 'meminfo');
    expect([...numbers.keys()]).toEqual(text.match(/^[^:]+(?=:)/gm));
    for (const number of numbers.values()) {
      if (number.origin === 'none') expect(number.value).toBe('0 kB');
      else expect(number.from, number.label).not.toEqual([]);
    }
  });

  it('has limits that come to MemTotal', async () => {
    const total = (await numbersOf('meminfo')).get('MemTotal');
    expect(total?.value).toBe('65536 kB');
    const limits = total?.from.map(({ value }) => Number(value.replace('max', 'Infinity'))) ?? [];
    expect(Math.min(...limits)).toBe(65536 * 1024);
    expect(kibOf(await readIn(await someContainer(), 'meminfo'), 'MemTotal')).toBe(65536);
  });

  it('has counters that come to the numbers of memory in use', async () => {
    const numbers = await numbersOf('meminfo');
    const labels = ['Cached', 'AnonPages', 'Active', 'Inactive', 'Inactive(anon)', 'Mapped'];
    for (const label of labels) {
      const number = numbers.get(label);
      const bytes = number?.from.reduce((sum, { value }) => sum + Number(value), 0) ?? Number.NaN;
      expect(number, label).toMatchObject({
        origin: 'container',
        value: `${Math.floor(bytes / 1024)} kB`,
      });
    }
  });
});

describe('nsproc explain of /proc/stat and /proc/uptime', () => {
  it("knows where the time used comes from, and the lines that are the host's", async () => {
    const numbers = await numbersOf('stat');
    for (const label of ['cpu', 'cpu0', 'btime', 'procs_running']) {
      expect(numbers.get(label), label).toMatchObject({ origin: 'container' });
      expect(numbers.get(label)?.from, label).not.toEqual([]);
    }
    expect(numbers.get('ctxt')).toMatchObject({ origin: 'host' });
  });

  it('knows where the age comes from', async () => {
    const numbers = await numbersOf('uptime');
    const { initPid } = await someContainer();
    expect(numbers.get('uptime')?.from[0]?.path).toBe(`/proc/${initPid}/stat`);
    expect(numbers.get('idle')?.from.length).toBeGreaterThan(1);
  });
});

describe('nsproc explain of /proc/pressure', () => {
  const unified = readHierarchies().find(({ version }) => version === 2);

  async function explainPressure(ctx: TestContext, file: string) {
    ctx.skip(!existsSync('/proc/pressure/cpu'), 'this kernel keeps no pressure information');
    ctx.skip(unified === undefined, 'needs a v2 hierarchy');
    const { initPid, cgroup } = await someContainer();
    const { files } = await explain(initPid, file);
    return { files, own: `${unified?.mountPoint}${cgroup?.path}` };
  }

  it("has the lines of the container's own file", async (ctx) => {
    const { files, own } = await explainPressure(ctx, 'pressure/cpu');
    expect(files).toMatchObject([{ path: 'proc/pressure/cpu', origin: 'container' }]);
    const [some] = files[0]?.numbers ?? [];
    expect(some).toMatchObject({ label: 'some', origin: 'container' });
    expect(some?.from).toEqual([
      { path: `${own}/cpu.pressure`, field: 'some', value: some?.value },
    ]);
    expect(some?.value).toMatch(/^avg10=\d+\.\d\d avg60=.* total=\d+$/);
  });

  it('knows the folder by its name', async (ctx) => {
    const { files } = await explainPressure(ctx, '/proc/pressure');
    expect(files.map(({ path }) => path)).toEqual(
      ['cpu', 'memory', 'io'].map((name) => `proc/pressure/${name}`),
    );
  });
});

describe('nsproc explain of others', () => {
  it("says that a process of the host reads the host's files", async () => {
    const explanation = await explain(process.pid, 'meminfo');
    expect(explanation).toMatchObject({ reader: 'host', rule: 'host-process', initPid: null });
  });

  it('says of a process in the pid namespace of the host whose cgroup counts', async () => {
    const cgroup = scene().makeCgroup({ memoryBytes: 32 * 2 ** 20 });
    const { initPid } = await scene().start({ pidNamespace: 'host', cgroup });
    const explanation = await explain(initPid, 'meminfo');
    expect(explanation).toMatchObject({ reader: 'container', rule: 'host-pid-container' });
    expect(explanation.cgroups['memory']).toContain(cgroup.path);
  });

  it('ends with 1 when there is no such process, and with 2 when there is no such file', async () => {
    // PID_MAX_LIMIT: no process has it, whatever the kernel's pid_max is.
    const nobody = await runNsproc(['explain', String(2 ** 22)]);
    expect(nobody).toMatchObject({ status: 1, stdout: '' });
    expect(nobody.stderr).toMatch(/^nsproc: no process \d+/);
    const nothing = await runNsproc(['explain', String(process.pid), 'nothing']);
    expect(nothing).toMatchObject({ status: 2, stdout: '' });
    expect(nothing.stderr).toContain('meminfo');
  });

  it('prints for people as well', async () => {
    const { initPid } = await someContainer();
    const { stdout, status } = await runNsproc(['explain', String(initPid), 'meminfo']);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^MemTotal +65536 kB +\/.*67108864$/m);
  });
});
