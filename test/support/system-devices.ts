// A host of 8 CPUs as a folder: /sys/devices/system, /proc/meminfo and cgroup v2. Two sockets,
// each a node with 4 GiB, of two cores, of two threads:
//
//   CPU      0  1  2  3  4  5  6  7
//   socket   0  1  0  1  0  1  0  1
//   core     0  0  1  1  0  0  1  1
//
// CPU 0 has no `online`, as on x86; CPU 7 has a file that no other has.

import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const cpus = [0, 1, 2, 3, 4, 5, 6, 7];
const socketOf = (cpu: number) => cpu % 2;
const coreOf = (cpu: number) => (cpu >> 1) % 2;

type Entries = Record<string, string>;

function listAndMask(path: string, list: string, chosen: readonly number[]): Entries {
  const mask = chosen.reduce((bits, cpu) => bits | (1 << cpu), 0);
  const name = path.replace(/_list$/, '');
  return { [path]: `${list}\n`, [name]: `${mask.toString(16).padStart(2, '0')}\n` };
}

function cpuFiles(cpu: number): Entries {
  const dir = `cpu/cpu${cpu}`;
  const threads = cpus.filter((other) => other % 4 === cpu % 4);
  const siblings = cpus.filter((other) => socketOf(other) === socketOf(cpu));
  return {
    ...(cpu === 0 ? {} : { [`${dir}/online`]: '1\n' }),
    ...(cpu === 7 ? { [`${dir}/only_here`]: '7\n' } : {}),
    [`${dir}/crash_notes`]: `notes of ${cpu}\n`,
    [`${dir}/topology/physical_package_id`]: `${socketOf(cpu)}\n`,
    [`${dir}/topology/core_id`]: `${coreOf(cpu)}\n`,
    ...listAndMask(`${dir}/topology/thread_siblings_list`, threads.join(','), threads),
    ...listAndMask(`${dir}/topology/core_siblings_list`, siblings.join(','), siblings),
    [`${dir}/cache/index3/shared_cpu_list`]: `${siblings.join(',')}\n`,
    [`${dir}/cache/index3/shared_cpu_map`]: socketOf(cpu) === 0 ? '55\n' : 'aa\n',
    [`cpu/cpufreq/policy${cpu}/affected_cpus`]: `${threads.join(' ')}\n`,
    [`cpu/cpufreq/policy${cpu}/scaling_cur_freq`]: `${2_000_000 + cpu}\n`,
  };
}

function nodeFiles(node: number): Entries {
  const own = cpus.filter((cpu) => socketOf(cpu) === node);
  const label = (name: string, kib: number) =>
    `Node ${node} ${`${name}:`.padEnd(16)}${String(kib).padStart(8)} kB\n`;
  return {
    [`node/node${node}/cpulist`]: `${own.join(',')}\n`,
    [`node/node${node}/cpumap`]: node === 0 ? '55\n' : 'aa\n',
    [`node/node${node}/distance`]: node === 0 ? '10 21\n' : '21 10\n',
    [`node/node${node}/meminfo`]: [
      label('MemTotal', 4 * 1024 * 1024),
      label('MemFree', 3 * 1024 * 1024),
      label('MemUsed', 1024 * 1024),
      label('Active(anon)', 9000),
      label('FilePages', 500_000),
      `Node ${node} HugePages_Total:     0\n`,
    ].join(''),
  };
}

const files: Entries = {
  'cpu/online': '0-7\n',
  'cpu/possible': '0-15\n',
  'cpu/present': '0-7\n',
  'cpu/offline': '8-15\n',
  'cpu/isolated': '3,5\n',
  'cpu/nohz_full': '  (null)\n',
  'cpu/kernel_max': '255\n',
  'cpu/uevent': '',
  'cpu/vulnerabilities/meltdown': 'Not affected\n',
  'node/online': '0-1\n',
  'node/possible': '0-1\n',
  'node/has_cpu': '0-1\n',
  'node/has_generic_initiator': '\n',
  ...Object.assign({}, ...cpus.map(cpuFiles), ...[0, 1].map(nodeFiles)),
};

const links: Entries = Object.assign(
  {},
  ...cpus.map((cpu) => ({
    [`cpu/cpu${cpu}/subsystem`]: '../../../../bus/cpu',
    [`cpu/cpu${cpu}/cpufreq`]: `../cpufreq/policy${cpu}`,
    [`cpu/cpu${cpu}/node${socketOf(cpu)}`]: `../../node/node${socketOf(cpu)}`,
    [`node/node${socketOf(cpu)}/cpu${cpu}`]: `../../cpu/cpu${cpu}`,
  })),
  { 'node/node0/memory3': '../../memory/memory3' },
);

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text, { mode: 0o444 });
}

/** A container's cgroup, by its file names. */
export interface CgroupFiles {
  readonly name: string;
  readonly files: Entries;
}

/** Makes the folder's contents. */
export function makeSystemDevices(root: string, cgroups: readonly CgroupFiles[] = []): void {
  const devices = join(root, 'sys/devices/system');
  for (const [path, text] of Object.entries(files)) write(join(devices, path), text);
  for (const [path, target] of Object.entries(links)) {
    mkdirSync(dirname(join(devices, path)), { recursive: true });
    symlinkSync(target, join(devices, path));
  }
  for (const cpu of cpus) chmodSync(join(devices, `cpu/cpu${cpu}/crash_notes`), 0o400);
  chmodSync(join(devices, 'cpu/uevent'), 0o644);
  const memory = ['MemTotal', 'SwapTotal'].map((label, index) => {
    const kib = index === 0 ? 8 * 1024 * 1024 : 0;
    return `${`${label}:`.padEnd(16)}${String(kib).padStart(8)} kB\n`;
  });
  write(join(root, 'proc/meminfo'), memory.join(''));
  const rootCgroup = join(root, 'sys/fs/cgroup');
  write(join(rootCgroup, 'cgroup.controllers'), 'cpuset cpu memory\n');
  for (const { name, files: own } of cgroups) {
    write(join(rootCgroup, name, 'cgroup.controllers'), 'cpuset cpu memory\n');
    for (const [file, text] of Object.entries(own)) write(join(rootCgroup, name, file), text);
  }
}

export const cgroupMountinfo = [
  '22 29 0:20 / /sys rw,relatime - sysfs sysfs rw',
  '30 22 0:26 / /sys/fs/cgroup rw,relatime - cgroup2 cgroup2 rw',
  '',
].join('\n');
