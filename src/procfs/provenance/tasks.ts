// What goes into the numbers of loadavg: the tasks of a container, counted.

import type { Provenance } from './provenance.ts';

export const taskSources = ['= states of the tasks in the cpu cgroup and below it'];

const loadSources = [
  ...taskSources,
  '= counted by the daemon every 5 s while somebody reads them; shown as they begin',
  'cpuacct.usage',
  'cpu.stat usage_usec',
];

const loadavgSources: Readonly<Record<string, readonly string[]>> = {
  '1 min': loadSources,
  '5 min': loadSources,
  '15 min': loadSources,
  running: taskSources,
  total: ['= tasks in the cpu cgroup and below it'],
  'last pid': ["= the newest task's number in its pid namespace"],
};

export const loadavgProvenance: Provenance = {
  numbers: (text) => {
    const labels = Object.keys(loadavgSources);
    return text
      .trim()
      .split(/[ /]/)
      .map((value, index) => [labels[index] ?? '', value]);
  },
  sources: (label) => loadavgSources[label],
};
