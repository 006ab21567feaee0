// What goes into the numbers of diskstats and slabinfo.

import type { Provenance } from './provenance.ts';

const ioSources = [
  'io.stat',
  ...['throttle.', 'bfq.', ''].flatMap((policy) => [
    `blkio.${policy}io_serviced_recursive`,
    `blkio.${policy}io_service_bytes_recursive`,
  ]),
];

export const diskstatsProvenance: Provenance = {
  numbers: (text) =>
    text.split('\n').flatMap((line) => {
      const [, , name, ...counters] = line.trim().split(/\s+/);
      return name === undefined ? [] : [[name, counters.join(' ')] as const];
    }),
  sources: () => ioSources,
};

export const slabinfoProvenance: Provenance = {
  numbers: (text) =>
    text
      .split('\n')
      .slice(2)
      .filter((line) => line !== '')
      .map((line) => {
        const [cache = '', activeObjects = ''] = line.split(/\s+/);
        return [cache, activeObjects];
      }),
  sources: () => ['= memory.kmem.slabinfo of the memory cgroup'],
};
