// Programs that people run to see what a machine has, in a container that has all the files:
// they understand each text, complain of nothing, and tell the container's limits.

import { describe, expect, it, type TestContext } from 'vitest';
import type { Container } from '../support/containers.ts';
import { onlineCpuCount } from '../support/host.ts';
import { hasPressure } from '../support/pressure-mount.ts';
import { kibOf, parseStat } from '../support/proc-texts.ts';
import { parseFree, parseTopMemoryMib, parseUpMinutes } from '../support/procps.ts';
import { missing, programPath, type Requirement } from '../support/requirements.ts';
import { outputIn, readIn, useServingScene } from '../support/serving-scene.ts';
import { startWholeContainer } from '../support/whole-container.ts';

const scene = useServingScene('cgroup:memory', 'cgroup:cpu', 'cgroup:cpuset');
const memoryMib = 256;
const memoryBytes = memoryMib * 2 ** 20;

let started: Promise<Container> | undefined;

/** One CPU, the host's last, so that it has another number than in the container. */
function container(): Promise<Container> {
  const cpusetCpus = String(onlineCpuCount() - 1);
  started ??= startWholeContainer(scene(), scene().makeCgroup({ memoryBytes, cpusetCpus }));
  return started;
}

/** What it prints, in the words and the time zone of nowhere; it must complain of nothing. */
async function printed(...argv: readonly string[]): Promise<string> {
  const [program = '', ...args] = argv;
  const env = ['env', 'LC_ALL=C', 'TZ=UTC', 'TERM=dumb'];
  return outputIn(await container(), [...env, programPath(program), ...args]);
}

/** The same by a program that is not of Debian, or an interpreter's. */
async function printedBy(...argv: readonly string[]): Promise<string> {
  return outputIn(await container(), argv);
}

function skipWithout(ctx: TestContext, ...requirements: readonly Requirement[]): void {
  const lacking = missing(...requirements);
  ctx.skip(lacking !== undefined, lacking);
}

/** For containers that are younger than an hour. */
function expectYoung(header: string): void {
  expect(parseUpMinutes(header)).toBeLessThan(30);
  expect(header).toMatch(/load average: \d+\.\d\d, \d+\.\d\d, \d+\.\d\d$/m);
}

function numberBefore(text: string, label: string): number {
  const number = new RegExp(`(\\d+) (?:K )?${label}$`, 'm').exec(text)?.[1];
  if (number === undefined) throw new SyntaxError(`Cannot find "${label}" in "${text}"`);
  return Number(number);
}

describe('procps', () => {
  it('free: memory and swap', async (ctx) => {
    skipWithout(ctx, 'procps');
    const { total, used, free, available, swapTotal } = parseFree(await printed('free', '-b'));
    expect(total).toBe(memoryBytes);
    for (const part of [used, free, available]) expect(part).toBeLessThanOrEqual(memoryBytes);
    const swapKib = kibOf(await readIn(await container(), 'meminfo'), 'SwapTotal');
    expect(swapTotal).toBe(swapKib * 1024);
  });

  it('uptime and w: age and load', async (ctx) => {
    skipWithout(ctx, 'procps');
    expectYoung(await printed('uptime'));
    expectYoung(await printed('w'));
  });

  it('top: age, load, tasks, each CPU, memory', async (ctx) => {
    skipWithout(ctx, 'procps');
    const text = await printed('top', '-b', '-n1', '-1');
    expectYoung(text);
    expect(parseTopMemoryMib(text)).toBe(memoryMib);
    expect(text.match(/^%Cpu\d+ +: .*id/gm)).toHaveLength(1);
    expect(Number(/^Tasks: +(\d+) total/m.exec(text)?.[1])).toBeLessThan(20);
  });

  it('vmstat: tasks, memory, CPU time', async (ctx) => {
    skipWithout(ctx, 'procps');
    const rows = (await printed('vmstat')).trim().split('\n');
    const numbers = rows.at(-1)?.trim().split(/\s+/).map(Number) ?? [];
    const [running = 0, blocked = 0, , freeKib = 0, bufferKib = 0, cacheKib = 0] = numbers;
    expect(running + blocked).toBeLessThan(20);
    expect(freeKib + bufferKib + cacheKib).toBeLessThanOrEqual(memoryBytes / 1024);
  });

  it('vmstat -s: memory, CPU time, boot time', async (ctx) => {
    skipWithout(ctx, 'procps');
    const text = await printed('vmstat', '-s');
    expect(numberBefore(text, 'total memory')).toBe(memoryBytes / 1024);
    const stat = parseStat(await readIn(await container(), 'stat'));
    expect(numberBefore(text, 'boot time')).toBe(stat.values.get('btime'));
    expect(numberBefore(text, 'idle cpu ticks')).toBeLessThanOrEqual(
      stat.cpus.get('cpu')?.[3] ?? 0,
    );
  });
});

describe('sysstat', () => {
  it('iostat and mpstat: the CPUs and their time', async (ctx) => {
    skipWithout(ctx, 'sysstat');
    expect(await printed('iostat', '-c')).toMatch(/\(1 CPU\)\n\navg-cpu:/);
    const text = await printed('mpstat', '-P', 'ALL', '1', '1');
    expect(text).toContain('(1 CPU)');
    const shown = [...text.matchAll(/^Average: +(\w+) .*? ([\d.]+)$/gm)];
    expect(shown.map(([, cpu]) => cpu)).toEqual(['all', '0']);
    for (const [, , idle] of shown) expect(Number(idle)).toBeGreaterThanOrEqual(0);
  });

  it('iostat -d: devices', async (ctx) => {
    skipWithout(ctx, 'sysstat');
    expect(await printed('iostat', '-d', '-p', 'ALL')).toMatch(/^Device +tps/m);
  });
});

describe('util-linux, coreutils and the C library', () => {
  it('lscpu, nproc and getconf: the one CPU', async (ctx) => {
    skipWithout(ctx, 'util-linux');
    const cpus = /^CPU\(s\): +(\d+)\nOn-line CPU\(s\) list: +(\S+)$/m;
    expect(cpus.exec(await printed('lscpu'))?.slice(1)).toEqual(['1', '0']);
    for (const argv of [['nproc'], ['nproc', '--all']] as const) {
      expect(await printed(...argv)).toBe('1\n');
    }
    for (const name of ['_NPROCESSORS_ONLN', '_NPROCESSORS_CONF']) {
      expect(await printed('getconf', name)).toBe('1\n');
    }
  });

  it('swapon: swap as meminfo has it', async (ctx) => {
    skipWithout(ctx, 'util-linux');
    const text = await printed('swapon', '--show=NAME,TYPE,SIZE', '--bytes', '--noheadings');
    const swapKib = kibOf(await readIn(await container(), 'meminfo'), 'SwapTotal');
    const devices = text.split('\n').filter((line) => line !== '');
    expect(devices.map((line) => line.trim().split(/\s+/).at(-1))).toEqual(
      swapKib === 0 ? [] : [String(swapKib * 1024)],
    );
    expect((await printed('swapon', '-s')).trim().split('\n').length).toBe(swapKib === 0 ? 1 : 2);
  });
});

describe('interpreters', () => {
  it('node: os', async () => {
    const script = `console.log(JSON.stringify({ cpus: os.cpus().map(({ times }) => times.idle),
      total: os.totalmem(), free: os.freemem(), age: os.uptime(), loads: os.loadavg(),
      parallelism: os.availableParallelism() }))`;
    const told = JSON.parse(await printedBy(process.execPath, '-e', script));
    expect(told).toMatchObject({ total: memoryBytes, parallelism: 1 });
    expect(told.cpus).toHaveLength(1);
    expect(told.free).toBeLessThanOrEqual(memoryBytes);
    expect(told.age).toBeLessThan(1800);
    expect(told.loads).toHaveLength(3);
  });

  it('Python: psutil', async (ctx) => {
    skipWithout(ctx, 'psutil');
    const script = [
      'import json, psutil as p',
      'm, s = p.virtual_memory(), p.swap_memory()',
      'print(json.dumps({"total": m.total, "available": m.available, "used": m.used,',
      '"swap": s.total, "cpus": p.cpu_count(), "cores": p.cpu_count(logical=False),',
      '"times": len(p.cpu_times(percpu=True)), "boot": p.boot_time(),',
      '"stats": p.cpu_stats()._asdict(), "disks": len(p.disk_io_counters(perdisk=True))}))',
    ].join('\n');
    const told = JSON.parse(await printed('python3', '-W', 'error', '-c', script));
    expect(told).toMatchObject({ total: memoryBytes, cpus: 1, cores: 1, times: 1 });
    for (const part of [told.available, told.used]) expect(part).toBeLessThanOrEqual(memoryBytes);
    const inside = await container();
    expect(told.swap).toBe(kibOf(await readIn(inside, 'meminfo'), 'SwapTotal') * 1024);
    expect(told.boot).toBe(parseStat(await readIn(inside, 'stat')).values.get('btime'));
  });

  it('Java: the settings of the system', async (ctx) => {
    skipWithout(ctx, 'java');
    const argv = [programPath('java'), '-XshowSettings:system', '-version'];
    const { status, stderr } = await (await container()).exec(argv);
    expect({ status, stderr }).toMatchObject({ status: 0 });
    expect(stderr).toMatch(/^ +Effective CPU Count: 1$/m);
    expect(stderr).toMatch(new RegExp(`^ +Memory Limit: ${memoryMib}\\.00M$`, 'm'));
    expect(stderr).not.toMatch(/warning|error|exception/i);
  });
});

/** Starts the exporter on the container's own loopback, and prints its metrics once. */
function scrapeScript(collectors: readonly string[]): string {
  const flags = collectors.map((name) => `--collector.${name}`);
  return `
    const { spawn, execFileSync } = require('node:child_process');
    execFileSync(${JSON.stringify(programPath('busybox'))}, ['ifconfig', 'lo', '127.0.0.1', 'up']);
    const exporter = spawn(${JSON.stringify(programPath('prometheus-node-exporter'))},
      ['--collector.disable-defaults', '--web.listen-address=127.0.0.1:9100', '--path.procfs=/proc',
       '--path.sysfs=/sys', ...${JSON.stringify(flags)}], { stdio: 'ignore' });
    const scrape = async (tries) => {
      try {
        return await (await fetch('http://127.0.0.1:9100/metrics')).text();
      } catch (error) {
        if (tries === 0) throw error;
        await new Promise((resolve) => setTimeout(resolve, 100));
        return scrape(tries - 1);
      }
    };
    scrape(100).then((text) => console.log(text)).finally(() => exporter.kill());`;
}

/** The values of a metric by its labels. */
function valuesOf(metrics: string, name: string): ReadonlyMap<string, number> {
  const lines = metrics.split('\n').filter((line) => new RegExp(`^${name}[{ ]`).test(line));
  return new Map(
    lines.map((line) => {
      const [, labels = '', value = ''] = /^\w+(\{.*\})? (\S+)$/.exec(line) ?? [];
      return [labels, Number(value)];
    }),
  );
}

describe('prometheus-node-exporter', () => {
  const collectors = ['meminfo', 'stat', 'loadavg', 'cpu', 'diskstats'];
  if (hasPressure) collectors.push('pressure');

  it('collects all, and what it tells agrees with the limits', async (ctx) => {
    skipWithout(ctx, 'node-exporter', 'busybox');
    const metrics = await printedBy(process.execPath, '-e', scrapeScript(collectors));
    const value = (name: string) => [...valuesOf(metrics, name).values()];
    const success = valuesOf(metrics, 'node_scrape_collector_success');
    expect(Object.fromEntries(success)).toEqual(
      Object.fromEntries(collectors.map((name) => [`{collector="${name}"}`, 1])),
    );
    expect(value('node_memory_MemTotal_bytes')).toEqual([memoryBytes]);
    const cpus = [...valuesOf(metrics, 'node_cpu_seconds_total').keys()];
    expect(new Set(cpus.map((labels) => /cpu="(\d+)"/.exec(labels)?.[1]))).toEqual(new Set(['0']));
    const stat = parseStat(await readIn(await container(), 'stat'));
    expect(value('node_boot_time_seconds')).toEqual([stat.values.get('btime')]);
    expect(value('node_load1')).toHaveLength(1);
    expect(value('node_procs_running')[0]).toBeLessThan(20);
    expect(value('node_pressure_cpu_waiting_seconds_total')).toHaveLength(hasPressure ? 1 : 0);
  });
});
