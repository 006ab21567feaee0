// What goes into the numbers of uptime, stat and cpuinfo: age, CPU time, and which CPUs there are.

import type { Provenance } from './provenance.ts';
import { taskSources } from './tasks.ts';

const cpuCountSources = [
  'cpu.cfs_quota_us',
  'cpu.cfs_period_us',
  'cpu.max',
  'cpuset.effective_cpus',
  'cpuset.cpus.effective',
  'online',
];
const ageSources = ['stat starttime'];

export const uptimeProvenance: Provenance = {
  numbers: (text) => {
    const [age = '', idle = ''] = text.trim().split(' ');
    return [
      ['uptime', age],
      ['idle', idle],
    ];
  },
  sources: (label) =>
    label === 'uptime'
      ? ageSources
      : [...ageSources, 'cpuacct.usage', 'cpu.stat usage_usec', ...cpuCountSources],
};

const cpuTimeSources = [
  ...ageSources,
  'cpuacct.usage_all',
  'cpuacct.usage_percpu_user',
  'cpuacct.usage_percpu_sys',
  'cpu.stat user_usec',
  'cpu.stat nice_usec',
  'cpu.stat system_usec',
  ...cpuCountSources,
];

const statSources: Readonly<Record<string, readonly string[]>> = {
  btime: ageSources,
  procs_running: taskSources,
  procs_blocked: taskSources,
};

function spaceSeparated(text: string): [string, string][] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const blank = line.indexOf(' ');
      return [line.slice(0, blank), line.slice(blank).trim()];
    });
}

export const statProvenance: Provenance = {
  numbers: spaceSeparated,
  sources: (label) => (/^cpu\d*$/.test(label) ? cpuTimeSources : statSources[label]),
};

export const cpuinfoProvenance: Provenance = {
  numbers: (text) => {
    const processors = text.match(/^processor[\s\d]*:/gm) ?? [];
    return [['processors', String(processors.length)]];
  },
  sources: () => cpuCountSources,
};
