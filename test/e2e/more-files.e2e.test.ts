// cpuinfo, swaps, diskstats and slabinfo of containers, as files and as programs show them.

import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it, type TestContext } from 'vitest';
import type { Container, ContainerOptions } from '../support/containers.ts';
import { startDaemon } from '../support/daemon.ts';
import { onlineCpuCount } from '../support/host.ts';
import { kibOf } from '../support/proc-texts.ts';
import { countCpus, parseFree } from '../support/procps.ts';
import { missing, programPath, type Requirement } from '../support/requirements.ts';
import { outputIn, useServingScene } from '../support/serving-scene.ts';

const scene = useServingScene('cgroup:memory', 'cgroup:cpu', 'util-linux');
const files = ['cpuinfo', 'diskstats', 'meminfo', 'slabinfo', 'stat', 'swaps', 'uptime'];

function startWithAllFiles(options: ContainerOptions = {}): Promise<Container> {
  const { mountPoint } = scene().daemon;
  const served = files.filter((file) => existsSync(`/proc/${file}`));
  const mounts = served.map((file) => [`${mountPoint}/proc/${file}`, `/proc/${file}`] as const);
  return scene().start({ mounts, ...options });
}

const textIn = (container: Container, file: string) =>
  outputIn(container, ['cat', `/proc/${file}`]);

function skipWithout(ctx: TestContext, ...requirements: readonly Requirement[]): void {
  const lacking = missing(...requirements);
  ctx.skip(lacking !== undefined, lacking);
}

/** The values of all lines with this label, in any of the forms of cpuinfo. */
function valuesOf(cpuinfo: string, label: string): string[] {
  const lines = cpuinfo.split('\n').filter((line) => line.split(/\s*:/)[0] === label);
  return lines.map((line) => line.slice(line.indexOf(':') + 1).trim());
}

/** The label of a CPU's number. */
const label = process.arch === 's390x' ? 'cpu number' : 'processor';
const numbersIn = async (container: Container) =>
  valuesOf(await textIn(container, 'cpuinfo'), label);

describe('/proc/cpuinfo', () => {
  it('has the CPUs that /proc/stat has, whatever limits them', async () => {
    const cgroup = scene().makeCgroup();
    const container = await startWithAllFiles({ cgroup });
    const lastCpu = String(onlineCpuCount() - 1);
    const limits = [{ cpuQuotaUsec: 50_000 }, { cpuQuotaUsec: null }, { cpusetCpus: lastCpu }];
    for (const limit of limits) {
      cgroup.setLimits(limit);
      const numbers = await numbersIn(container);
      expect(numbers).toHaveLength(countCpus(await textIn(container, 'stat')));
      expect(numbers).toEqual(numbers.map((_, index) => String(index)));
    }
    expect(await numbersIn(container)).toEqual(['0']);
  });

  it('counts in each package the CPUs that it shows', async (ctx) => {
    const host = readFileSync('/proc/cpuinfo', 'latin1');
    ctx.skip(valuesOf(host, 'siblings').length === 0, 'cpuinfo tells nothing of packages here');
    const cgroup = scene().makeCgroup({ cpuQuotaUsec: 100_000 });
    const text = await textIn(await startWithAllFiles({ cgroup }), 'cpuinfo');
    const told = ['physical id', 'siblings', 'cpu cores'].map((name) => valuesOf(text, name));
    expect(told).toEqual(onlineCpuCount() === 1 ? told : [['0'], ['1'], ['1']]);
    expect(valuesOf(text, 'model name')[0]).toBe(valuesOf(host, 'model name')[0]);
  });

  it('is one text in whatever pieces it is read', async () => {
    const container = await startWithAllFiles();
    const clockless = (text: string) => text.replace(/^(cpu MHz|BogoMIPS).*/gm, '');
    const whole = clockless(await textIn(container, 'cpuinfo'));
    const pieces = await outputIn(container, ['dd', 'if=/proc/cpuinfo', 'bs=100', 'status=none']);
    expect(clockless(pieces)).toBe(whole);
  });

  it('is read by those of another execution domain as well', async () => {
    const container = await startWithAllFiles({
      cgroup: scene().makeCgroup({ cpuQuotaUsec: 100_000 }),
    });
    const argv = [programPath('setarch'), 'linux32', 'cat', '/proc/cpuinfo'];
    expect(valuesOf(await outputIn(container, argv), label)).toEqual(['0']);
  });
});

describe('/proc/cpuinfo for programs', () => {
  it('makes Node tell the CPUs of the container', async () => {
    const container = await startWithAllFiles({
      cgroup: scene().makeCgroup({ cpuQuotaUsec: 100_000 }),
    });
    const script = 'console.log(JSON.stringify(os.cpus().map(({ model }) => model)))';
    const models = JSON.parse(await outputIn(container, [process.execPath, '-e', script]));
    expect(models).toHaveLength(1);
  });

  it('is understood by lscpu', async () => {
    const container = await startWithAllFiles();
    expect(await outputIn(container, [programPath('lscpu')])).toMatch(/^CPU\(s\):/m);
  });

  it('is understood by Python', async (ctx) => {
    skipWithout(ctx, 'python');
    const container = await startWithAllFiles({
      cgroup: scene().makeCgroup({ cpuQuotaUsec: 100_000 }),
    });
    const script = `print(sum(l.split(':')[0].strip() == '${label}' for l in open('/proc/cpuinfo')))`;
    expect(await outputIn(container, [programPath('python3'), '-c', script])).toBe('1\n');
  });
});

describe('/proc/swaps', () => {
  it('agrees with meminfo, free and swapon', async () => {
    const container = await startWithAllFiles();
    const swaps = await textIn(container, 'swaps');
    const [header, device = '', ...others] = swaps.split('\n');
    expect(header).toBe(readFileSync('/proc/swaps', 'latin1').split('\n')[0]);
    const [, , sizeKib = '0'] = device.split(/\s+/);
    expect(Number(sizeKib)).toBe(kibOf(await textIn(container, 'meminfo'), 'SwapTotal'));
    expect(others.join('')).toBe('');
    const swapon = await outputIn(container, [programPath('swapon'), '-s']);
    expect(swapon.split('\n').filter((line) => /^none\s+virtual/.test(line))).toHaveLength(
      device === '' ? 0 : 1,
    );
  });

  it('agrees with free', async (ctx) => {
    skipWithout(ctx, 'procps');
    const container = await startWithAllFiles();
    const [, device = ''] = (await textIn(container, 'swaps')).split('\n');
    const { swapTotal } = parseFree(await outputIn(container, ['free', '-k']));
    expect(swapTotal).toBe(Number(device.split(/\s+/)[2] ?? 0));
  });
});

describe('serve --swap off', () => {
  it('shows no swap in meminfo and in swaps', async () => {
    const { teardown } = scene();
    const daemon = await startDaemon({ args: ['--swap', 'off', '--zswap', 'off'] });
    teardown.add(() => daemon.stop());
    const mounts = ['meminfo', 'swaps'].map(
      (file) => [`${daemon.mountPoint}/proc/${file}`, `/proc/${file}`] as const,
    );
    const container = await scene().start({ mounts });
    const meminfo = await textIn(container, 'meminfo');
    for (const name of ['SwapTotal', 'SwapFree', 'SwapCached'])
      expect(kibOf(meminfo, name)).toBe(0);
    expect(await textIn(container, 'swaps')).toMatch(/^Filename.*\n$/);
  });
});

describe('/proc/slabinfo', () => {
  const asNobody = ['--reuid=65534', '--regid=65534', '--clear-groups'];

  it('keeps the mode of the host’s, and the kernel enforces it', async (ctx) => {
    ctx.skip(!existsSync('/proc/slabinfo'), 'this kernel has no /proc/slabinfo');
    const container = await startWithAllFiles();
    expect(await outputIn(container, ['stat', '--format=%a', '/proc/slabinfo'])).toBe('400\n');
    expect(await textIn(container, 'slabinfo')).toMatch(/^slabinfo - version: /);
    const argv = [programPath('setpriv'), ...asNobody, 'cat', '/proc/slabinfo'];
    const { status, stdout, stderr } = await container.exec(argv);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toContain('Permission denied');
  });

  it('is closed to the root of a user namespace that is another user outside', async (ctx) => {
    ctx.skip(!existsSync('/proc/slabinfo'), 'this kernel has no /proc/slabinfo');
    const container = await startWithAllFiles();
    const asRoot = [programPath('setpriv'), ...asNobody, 'unshare', '--user', '--map-root-user'];
    const { status: refused } = await container.exec([...asRoot, 'true']);
    ctx.skip(refused !== 0, 'users may not make user namespaces here');
    const { status, stdout, stderr } = await container.exec([...asRoot, 'cat', '/proc/slabinfo']);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toContain('Permission denied');
  });
});
